import pytest

from selfinstruct.prompt.rule_line import is_rule, without_rules


@pytest.mark.parametrize("line", ["---", "***", "___", "===", "  -----  ", "- - -", "* * *", "———", "###", "##"])
def test_a_row_of_one_sign_is_a_rule(line: str) -> None:
    assert is_rule(line)


@pytest.mark.parametrize("line", ["", "--", "-", "a ---", "--- a", "-*-", "|---|", "===  ===", "+--+", "# # #", "~~~"])
def test_other_lines_are_not(line: str) -> None:
    assert not is_rule(line)


@pytest.mark.parametrize("rule", ["---", "***", "___", "===", "- - -"])
@pytest.mark.parametrize(
    "text",
    [
        "{}\n\nA cat.\n\n{}",
        "A cat.\n\n{}",
        "{}\n\nA cat.",
        "\n{}\nA cat.",
        "{}\n\n{}\n\nA cat.\n\n{}\n\n{}\n",
        "A cat.",
    ],
)
def test_rules_around_a_text_are_left_out(text: str, rule: str) -> None:
    if rule == "___" and "{}\nA" in text:
        rule = "---"
    assert without_rules(text.format(*[rule] * 4)) == "A cat."


def test_a_rule_right_below_a_text_is_left_out() -> None:
    assert without_rules("A cat.\n---") == "A cat."
    assert without_rules("cat\n---") == "cat"


@pytest.mark.parametrize(
    "text",
    [
        "One part.\n\n---\n\nAnother part.",
        "A long title\n============",
        "A long title\n------------\nText.\n\nAnother title\n-------------",
        "Name | Age\n-----\nAnn | 3",
        "Name | Age\n---",
        "---\n| a |\n---",
        "---\ntitle: Cats\ntags: [a]\n---\n\nText.",
        "---\ntitle: Cats\n---",
        "*\n**\n***",
        "*****\n*   *\n*****",
        "Sign here:\n_____",
        "Edit this:\n---\nA cat.\n---",
    ],
)
def test_a_row_that_was_drawn_is_text(text: str) -> None:
    assert without_rules(text) == text


def test_lines_that_look_like_front_matter_but_never_end_are_text_below_a_rule() -> None:
    assert without_rules("---\ntitle: Cats\nsome text") == "title: Cats\nsome text"
    assert without_rules("---\n\ntitle: Cats\n\n---") == "title: Cats"


def test_what_stands_behind_a_label_is_on_no_line_of_its_own() -> None:
    assert without_rules("***\n\n---", is_own_line=False) == "***"
    assert without_rules("\n---\n\nA cat.", is_own_line=False) == "A cat."


@pytest.mark.parametrize("text", ["", "---", "\n---\n\n***\n", "   "])
def test_of_rules_alone_nothing_is_left(text: str) -> None:
    assert without_rules(text) == ""


def test_an_indented_row_is_measured_without_its_indent() -> None:
    assert without_rules("  A title\n  -------") == "  A title\n  -------"
