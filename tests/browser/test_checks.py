"""What the other tests of this folder trust: every check finds the fault that it is for."""

import pytest

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ color: light-dark(#111, #eee); background: light-dark(#fff, #111); }} {style}
</style></head><body>{body}</body></html>"""
DRAWN = '<svg viewBox="0 0 200 100" fill="currentColor">{inside}</svg>'

FAULTS = {
    "hostile text ran (1)": {"body": "<script>window.pwned = 1</script>"},
    "attribute onclick": {"body": "<p onclick='go()'>Text</p>"},
    "attribute style": {"body": "<p style='margin: 0'>Text</p>"},
    "link to javascript:go()": {"body": "<a href='javascript:go()'>Text</a>"},
    "loaded from elsewhere: https://example.org/x.png": {"body": "<img src='https://example.org/x.png'>"},
    "console: ": {"body": "<script>console.warn('so')</script>"},
    "unseen characters": {"body": "<p>left \u202e right</p>"},
    "no title": {"title": ""},
    "420 light: scrolls sideways, 900": {"body": "<p class='a'>Text</p>", "style": ".a { width: 892px; }"},
    "1280 dark: contrast 1.0": {"body": "<p>Text</p>", "style": "p { color: #111; }"},
    "1280 light: contrast 1.0 of 4.5": {
        "body": "<details><summary>More</summary><p>Text</p></details>",
        "style": "p { color: light-dark(#fff, #eee); }",
    },
    "1280 light: contrast 2.8 of 4.5": {"body": "<p>Text</p>", "style": "p { color: #999; }"},
    "1280 dark: the ground is 255,255,255": {"style": "body { background: #fff; }"},
    "420 light: text of 4.": {"body": DRAWN.format(inside="<text y='50' font-size='2'>Text</text>")},
    "text leaves a figure": {"body": DRAWN.format(inside="<text x='190' y='50'>Text</text>")},
    '"One" stands upon "Two"': {"body": DRAWN.format(inside="<text y='50'>One</text><text y='52'>Two</text>")},
    "1280 light: contrast 1.2 of 3": {
        "body": DRAWN.format(inside="<rect width='99' height='99' fill='#222'/><text y='50'>Text</text>")
    },
}


def page(folder, **parts):
    path = folder / "page.html"
    path.write_text(PAGE.format(**{"title": "A page", "style": "", "body": "", **parts}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("problem", "parts"), FAULTS.items(), ids=list(FAULTS))
def test_a_fault_of_a_page_is_found(tab, tmp_path, problem, parts):
    found = tab.open(page(tmp_path, **parts)).problems("fault")

    assert any(problem in one for one in found), found


def test_a_page_without_fault_has_no_problems(tab, tmp_path):
    drawing = DRAWN.format(inside="<rect width='99' height='99' fill='#ccc'/><text x='9' y='50' fill='#111'>One</text>")
    body = f"<h1>A page</h1><p>Some text.</p>{drawing}<img src='data:,' alt=''>"

    assert tab.open(page(tmp_path, body=body)).problems("none") == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_tab_has_nothing_of_the_test_before(tab, tmp_path, time):
    assert tab.open(page(tmp_path)).script("return [window.pwned, localStorage.length]") == [None, 0]
    assert tab.console() == []

    tab.script("window.pwned = 1; localStorage.setItem('a', 'b'); console.warn('so')")
