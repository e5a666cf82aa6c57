import pytest
from pydantic import ValidationError

from selfinstruct.prompt import Parser
from selfinstruct.prompt.last_line import LastLine
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

GRADE = LastLine(attribute="rating", answers=["A", "B", "C", "D"])
VERDICT = LastLine(attribute="forward", answers=["1", "2", "tie"])


def read(text, parser=GRADE, finish_reason="stop"):
    (piece,) = parser.parse(Completion(text=text, finish_reason=finish_reason), {})
    if isinstance(piece, Rejection):
        assert piece.filter == "parse"
        return piece.reason
    assert piece == Candidate(attributes={parser.attribute: piece.attributes[parser.attribute]})
    return piece.attributes[parser.attribute]


def test_it_is_a_parser_and_says_what_it_expects():
    assert isinstance(GRADE, Parser)
    assert GRADE.reply_format == "last_line"


@pytest.mark.parametrize(
    "line",
    [
        *("B", "b", "B.", "  B  ", "**B**", "__b__", "*B*.", "`B`", "(B)", "[B]", "[[B]]", "{B}", '"B"', "'b'."),
        *("Grade: B", "grade b", "**Grade:** B", "**Grade: B**", "Grade: **B**.", "Grade：B", "[Grade: B]"),
        *("My grade is B", "The grade is: B.", "Your grade: (b)", "Final grade: B", "The final rating is **B**."),
        *("Rating: B", "Verdict: B", "The answer is B"),
    ],
)
def test_the_letter_may_stand_in_bold_in_brackets_or_behind_a_label_in_any_case(line):
    assert read(f"The answer is mostly right, but A would be too much.\n\n{line}") == "B"
    assert read(line) == "B"
    assert read(f"Fine.\r\n{line}\n\n  ") == "B"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [("1", "1"), ("**2**", "2"), ("Tie", "tie"), ("TIE.", "tie"), ("Verdict: [[1]]", "1"), ("Answer 2", "2")],
)
def test_an_answer_may_be_a_number_or_a_word(line, verdict):
    assert read(f"Both do it.\n{line}", VERDICT) == verdict


@pytest.mark.parametrize(
    "text",
    [
        *("This deserves a B", "A good answer.", "I would say B, since it is short", "B because it is short"),
        *("B or C", "A/B", "B-", "B+", "AB", "Bad", "E", "Grade:", "Grade: E", "Possible grades: A, B, C, D"),
        *("B\nThat is my grade", "Grade: B\n\nLet me know if you need more.", "B\n---", "The grade is not B"),
    ],
)
def test_a_letter_anywhere_else_does_not_count(text):
    assert read(text) == "the last line is none of A, B, C, D"


@pytest.mark.parametrize("text", ["12", "1 and 2", "ties", "Answer 1 is better than answer", "3"])
def test_a_number_within_other_text_does_not_count(text):
    assert read(text, VERDICT) == "the last line is none of 1, 2, tie"


@pytest.mark.parametrize("text", ["B", "It is right.\nB", "It is right. I give it the grade"])
def test_a_reply_that_was_cut_off_has_no_verdict(text):
    assert read(text, finish_reason="length") == "the last line is none of A, B, C, D"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty reply"),
        (" \n\t\n", "empty reply"),
        ("<think>I lean to B\nB", "unfinished thought"),
        ("I'm sorry, but I can't help with that.", "refusal"),
    ],
)
def test_a_reply_without_a_last_line_has_the_reason_why(text, reason):
    assert read(text) == reason


def test_thoughts_fences_and_control_tokens_are_no_part_of_the_reply():
    assert read("<think>A?\nA</think>It has mistakes.\nC") == "C"
    assert read("```\nGrade: D\n```") == "D"
    assert read("Right.\nA<|im_end|>") == "A"


@pytest.mark.parametrize("mark", [" ", "*", "_"])
def test_a_long_row_of_marks_is_read_at_once(mark):
    row = mark * 20_000

    assert read(f"Grade{row}B{row}.{row}") == "B"
    assert read(f"Grade{row}B{row}x") == read(f"{row}x") == "the last line is none of A, B, C, D"


def test_a_verdict_is_stored_as_the_config_writes_it():
    assert read("yes", LastLine(attribute="x", answers=["Yes", "No"])) == "Yes"


def test_characters_of_a_pattern_stand_for_themselves():
    parser = LastLine(attribute="x", answers=["A.", "B+"])

    assert read("b+", parser) == "B+"
    assert read("A.", parser) == "A."
    assert read("AB", parser) == "the last line is none of A., B+"


@pytest.mark.parametrize("answers", [[], ["A"], ["A", ""], ["A", "**"]])
def test_there_are_at_least_two_answers_each_with_a_letter_or_number(answers):
    with pytest.raises(ValidationError):
        LastLine(attribute="x", answers=answers)
