import base64
import hashlib
import re
from html import unescape

import pytest
from markupsafe import Markup

from selfinstruct.pages import html

VALUES = {"title": "<b>\u202ex</b>", "warnings": [], "scores": [], "figures": [], "tables": []}


def test_a_file_holds_its_style_and_allows_it_by_its_hash_alone():
    text = html.file("comparison.html", VALUES)

    style = re.search("<style>(.*?)</style>", text, re.S)[1]
    policy = unescape(re.search('content="(default-src[^"]*)"', text)[1])
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy


def test_a_file_with_a_script_allows_that_one(tmp_path):
    (tmp_path / "x.js").write_text("let a = 1 < 2;")

    text = html.file("comparison.html", VALUES, tmp_path / "x.js")

    assert "<script>let a = 1 < 2;</script>" in text
    assert f"script-src '{html.sha256('let a = 1 < 2;')}'" in unescape(text)


def test_a_page_of_the_server_links_its_style():
    text = html.page("comparison.html", VALUES)

    assert "<style" not in text
    assert '<link rel="stylesheet" href="/static/style.css">' in text


def test_a_text_is_shown_as_it_is_and_what_would_be_hidden_as_an_escape():
    assert "<h1>&lt;b&gt;\\u202ex&lt;/b&gt;</h1>" in html.page("comparison.html", VALUES)
    assert html.shown(Markup("<b>")) == Markup("<b>")


@pytest.mark.parametrize("cell", ["7", "1,024", "0.5", "-3", "+1.25", "71 %", "12.5%", "$0.0000", "1e-05"])
def test_a_number_stands_to_the_right_in_a_table(cell):
    assert f'<td class="number">{cell}</td>' in table(cell)


@pytest.mark.parametrize("cell", ["", "unknown", "1 of 2", "3 (4 %)", "instructions_7", "1.2.3", "."])
def test_a_text_stands_to_the_left_in_a_table(cell):
    assert f"<td>{cell}</td>" in table(cell)


def table(cell):
    parts = html.environment().get_template("parts.html").module
    return str(parts.table({"title": "t", "note": "", "headers": ["a"], "rows": [[cell]]}))
