import pytest

from selfinstruct.recipe.phrasing import LARGEST, Answer, Phrasing, Wording, draw
from selfinstruct.round import Candidate, Rejection
from selfinstruct.source import Row

NAMES = {"0": "bad", "1": "good"}


def phrasing(instruction="Judge {{ topic }}.", input="{{ text }}", output="{{ answer }}"):
    return Phrasing(instruction=instruction, input=input, output=output)


def wording(*, names=NAMES, several="reject", merged=0.0, drawn=0, **phrasings):
    return Wording(
        answer=Answer(column="label", names=names),
        phrasings=phrasings or {"plain": phrasing()},
        several_answers=several,
        merged_share=merged,
        draw=lambda row, what: drawn,
    )


def row(**values):
    return Row("task", "a.csv:2", {"topic": "soup", "text": "Hot.", "label": 1, **values})


def test_a_row_becomes_an_instruction_with_its_input_and_its_output():
    made = wording().of(row())

    assert isinstance(made, Candidate)
    assert (made.instruction, made.instance.input, made.instance.output) == ("Judge soup.", "Hot.", "good")
    assert made.is_classification is True


def test_without_names_the_value_is_the_answer_and_nobody_says_whether_it_is_classification():
    made = wording(names={}).of(row())

    assert made.instance.output == "1"
    assert made.is_classification is None


def test_an_input_may_stand_below_its_instruction():
    made = wording(merged=1.0).of(row())

    assert (made.instruction, made.instance.input) == ("Judge soup.\n\nHot.", "")


def test_a_template_sees_the_names_of_all_answers_and_null_is_an_empty_text():
    made = wording(plain=phrasing("{{ choices | join(' or ') }}?", "{{ text }}")).of(row(text=None))

    assert (made.instruction, made.instance.input) == ("bad or good?", "")


def test_several_answers_are_rejected_or_one_is_taken():
    both = row(label=["1", "0", "1"])

    rejection = wording().of(both)
    assert isinstance(rejection, Rejection)
    assert (rejection.filter, rejection.reason) == ("several_answers", "2 answers are right, one is wanted")
    assert wording(several="first", drawn=1).of(both).instance.output == "good"
    assert wording(several="any", drawn=1).of(both).instance.output == "bad"


def test_no_answer_is_an_empty_output_which_a_filter_rejects():
    assert wording(names={}).of(row(label=[])).instance.output == ""
    assert wording(names={}).of(row(label=None)).instance.output == ""


def test_a_value_without_a_name_is_rejected_with_the_names():
    rejection = wording().of(row(label=-1))

    assert (rejection.filter, rejection.reason) == ("answer", "label is '-1', and names has 0, 1")
    assert rejection.text == "topic: soup\ntext: Hot.\nlabel: -1"


def test_a_template_that_cannot_be_filled_is_a_rejection_that_names_it():
    rejection = wording(plain=phrasing("{{ topic + 1 }}")).of(row())

    assert rejection.filter == "template"
    assert rejection.reason.startswith("phrasings.plain.instruction cannot be filled:")


def test_a_phrasing_names_the_columns_that_it_wants():
    assert phrasing("{{ topic }} {{ choices }}").columns == {"topic", "text"}


def test_what_is_no_template_is_refused():
    with pytest.raises(ValueError, match="is no Jinja template"):
        phrasing("{{ topic")


def test_a_draw_depends_on_what_it_is_of_and_on_nothing_else():
    draws = [draw(1, "stage", f"row {number}", "phrasing") for number in range(300)]

    assert draws == [draw(1, "stage", f"row {number}", "phrasing") for number in range(300)]
    assert all(0 <= one < LARGEST for one in draws)
    assert 60 < sum(one % 3 == 0 for one in draws) < 140
    assert draw(2, "stage", "row 0", "phrasing") != draws[0] != draw(1, "stage", "row 0", "cap")
