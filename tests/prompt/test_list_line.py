import pytest

from selfinstruct.prompt.list_line import Style, read_line, width

NUMBERED = Style(is_numbered=True)
LABELLED = Style(is_numbered=True, is_labelled=True)
DRESSED = Style(is_numbered=True, is_markdown=True)


@pytest.mark.parametrize(
    ("source", "style"),
    [
        ("9. Why?", NUMBERED),
        ("9) Why?", NUMBERED),
        ("(9) Why?", NUMBERED),
        ("9: Why?", NUMBERED),
        ("９．Why?", NUMBERED),
        ("9、Why?", NUMBERED),
        ("⑨Why?", NUMBERED),
        ("9.Why?", NUMBERED),
        ("**9.** Why?", DRESSED),
        ("## 9. Why?", DRESSED),
        ("> 9. Why?", DRESSED),
        ("Task 9: Why?", LABELLED),
        ("question 9 - Why?", LABELLED),
        ("任务9：Why?", LABELLED),
        ("**Task 9** Why?", Style(is_numbered=True, is_labelled=True, is_markdown=True)),
    ],
)
def test_a_number_marks_an_item_however_it_is_written(source: str, style: Style) -> None:
    line = read_line(source)

    assert (line.number, line.style, line.text) == (9, style, "Why?")


@pytest.mark.parametrize("source", ["- Why?", "* Why?", "•Why?", "· Why?", "— Why?"])
def test_a_bullet_marks_an_item_without_a_number(source: str) -> None:
    line = read_line(source)

    assert (line.number, line.style, line.text) == (0, Style(is_numbered=False), "Why?")


@pytest.mark.parametrize(
    "source",
    [
        *("10:30", "3.5 million", "1.5x", "9.apples", "9 lives", "12：30"),
        *("-5 degrees", "·5", "*Why?*", "**Why?**", "Task nine: Why?", "Tasks 9: Why?", "2024. A year"),
    ],
)
def test_what_only_looks_like_a_marker_is_text(source: str) -> None:
    line = read_line(source)

    assert (line.style, line.text) == (None, source)


def test_emphasis_that_continues_after_the_number_stays_with_the_text() -> None:
    assert read_line("**9. Poem**").text == "**Poem**"


@pytest.mark.parametrize("source", ["9.", "Task 9", "**9.**"])
def test_a_marker_may_stand_alone(source: str) -> None:
    line = read_line(source)

    assert (line.number, line.text) == (9, "")


@pytest.mark.parametrize("source", ["", " \t", "---", "* * *", "====", "- - -"])
def test_an_empty_line_or_a_rule_is_blank(source: str) -> None:
    assert read_line(source).is_blank


@pytest.mark.parametrize("source", ["9.", "-  ", "--"])
def test_a_marker_without_a_text_is_not_blank(source: str) -> None:
    assert not read_line(source).is_blank


def test_a_line_keeps_its_source_and_its_indentation() -> None:
    line = read_line("   - red ")

    assert (line.source, line.text, line.indent) == ("   - red ", "red", 3)


def test_a_tab_is_as_wide_as_four_spaces() -> None:
    assert width("\t ") == 5
