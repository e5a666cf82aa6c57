import csv
import html
import io
import re

import pytest
from markdown_it import MarkdownIt

from selfinstruct.text.escaping import csv_text, in_a_line, inert, latex, markdown

HOSTILE = [
    "=HYPERLINK(1)",
    "[a](http://x.example) ![b](c) <b>c</b> <http://x.example> `d` *e* _f_ ~~g~~ $h$ |i| &amp; #1 a_b",
    "https://x.example",
    "ftp://x.example",
    "www.x.example",
    "mailto:a@x.example",
    "a@x.example",
    "# a heading",
    "a\\b",
]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", " =", "\uff1d", "\uff0b", "\uff20"])
def test_no_cell_of_csv_begins_a_formula(start):
    (row,) = csv.reader(io.StringIO(csv_text([[f"{start}HYPERLINK(1)", 5, -1.5, None, "a=b"]]), newline=""))

    assert row == [f"'{start}HYPERLINK(1)", "5", "-1.5", "", "a=b"]


def test_a_cell_of_csv_ends_no_line_of_its_own_accord():
    assert csv_text([["a\rb", "\r=c", "d\x1b[2J", "e\nf"]]) == 'a\\rb,\'\\r=c,d\\x1b[2J,"e\nf"\n'


def test_headers_of_csv_are_cells():
    assert csv_text([["+model.x", "a"], [1, 2]]) == "'+model.x,a\n1,2\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_a_text_as_it_is_and_makes_nothing_of_it(text):
    made = MarkdownIt("gfm-like", {"linkify": False}).render(f"x {markdown(text)}")

    assert made == f"<p>x {html.escape(text, quote=False)}</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x>",
        r"\<img src=x>",
        r"\\<b>",
        "![a](b)",
        r"\[a](b)",
        "[a]: b\n\n[a]",
        "<http://x.example>",
        "x <!-- y",
    ],
)
def test_a_report_holds_no_tag_link_or_image_of_others(text):
    made = MarkdownIt("gfm-like", {"linkify": False}).render(inert(f"# Ours\n\nMade by {text}\n- `one`: {text}"))

    assert set(re.findall(r"<(\w+|!)", made)) == {"h1", "p", "ul", "li", "code"}
    assert inert("A task, made by `a` (2).") == "A task, made by `a` (2)."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://x.example", r"see https\://x.example"),
        ("FTP://x.example", r"FTP\://x.example"),
        ("WWW.x.example", r"WWW\.x.example"),
        ("mailto:a@x.example xmpp:b", r"mailto\:a\@x.example xmpp\:b"),
        ("0: model.name=a, at 12:30", "0: model.name=a, at 12:30"),
    ],
)
def test_a_bare_address_begins_with_nothing_that_a_website_takes_for_one(text, shown):
    assert markdown(text) == shown


def test_every_text_stays_on_one_line_without_what_a_terminal_obeys():
    text = "a\nb\tc\x1b[2J\u202e"

    assert in_a_line(text) == "a\\nb\\tc\\x1b[2J\\u202e"
    assert "\n" not in markdown(text) + latex(text)


def test_latex_prints_every_special_sign():
    assert latex(r"\input{x} 5% a_b $c$ #~^&<|>") == (
        r"\textbackslash{}input\{x\} 5\% a\_b \$c\$ \#\textasciitilde{}\textasciicircum{}\&"
        r"\textless{}\textbar{}\textgreater{}"
    )
