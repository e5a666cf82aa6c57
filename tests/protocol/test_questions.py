import pytest
from pydantic import ValidationError
from rated import protocol

from selfinstruct.protocol.questions import Grade, Question

GRADES = {"A": {"key": "a", "text": "Good", "worth": 1}, "B": {"key": "b", "text": "Bad", "worth": 0}}
EXAMPLE = {"instruction": "Say hi.", "answers": ["hi"], "expected": {"grade": "A"}, "reason": "It does."}


def question(**changes):
    return {"grade": {"text": "How good?", "grades": GRADES, **changes}}


def test_two_grades_with_one_key_are_refused():
    with pytest.raises(ValidationError, match="need keys of their own"):
        Question(text="?", grades=GRADES | {"C": {"key": "a", "text": "", "worth": 2}})


@pytest.mark.parametrize("key", ["u", "n", "r", "s"])
def test_a_key_that_the_page_needs_is_refused(key):
    with pytest.raises(ValidationError, match="need keys of their own"):
        Question(text="?", grades=GRADES | {"C": {"key": key, "text": "", "worth": 2}})


@pytest.mark.parametrize("key", ["", "ab", "A", "<", " "])
def test_a_key_is_one_letter_or_digit(key):
    with pytest.raises(ValidationError):
        Grade(key=key, text="", worth=0)


def test_a_share_of_an_unknown_grade_is_refused():
    with pytest.raises(ValidationError, match="names 'C', which is not a grade"):
        Question(text="?", grades=GRADES, shares={"good": ["C"]})


def test_an_item_to_practice_on_needs_a_grade_for_each_question():
    with pytest.raises(ValidationError, match="'expected' needs a grade"):
        protocol("user_oriented", practice=[EXAMPLE | {"expected": {"grade": "E"}}])


def test_an_item_to_practice_on_has_as_many_answers_as_an_item():
    with pytest.raises(ValidationError, match="needs 1 in 'answers'"):
        protocol("user_oriented", practice=[EXAMPLE | {"answers": ["a", "b"]}])


def test_a_pair_has_a_left_and_a_right_side():
    with pytest.raises(ValidationError, match="needs the grades 'left' and 'right'"):
        protocol("pairwise", questions=question())


def test_the_papers_protocol_has_its_grades_and_its_number_of_tasks():
    assert list(protocol("user_oriented").questions["grade"].grades) == ["A", "B", "C", "D"]  # section 4.4
    assert list(protocol("spot_check").questions) == ["instruction", "input", "output"]  # table 2
    assert protocol("spot_check").draws == 200  # section 3.3
