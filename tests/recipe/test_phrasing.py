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


CLASSES = {"label": ["negative", "positive"]}


def labelled(value, **values):
    return Row("task", "data#1", {"topic": "soup", "text": "Hot.", "label": value, **values}, CLASSES)


def test_a_class_is_called_by_its_name_and_all_names_are_the_choices():
    made = wording(names={}, plain=phrasing("{{ choices | join(' or ') }}?", output="{{ answer }} ({{ label }})")).of(
        labelled(1)
    )

    assert (made.instruction, made.instance.output) == ("negative or positive?", "positive (positive)")
    assert made.is_classification is True


@pytest.mark.parametrize("names", [{"0": "bad", "1": "good"}, {"negative": "bad", "positive": "good"}])
def test_classes_may_be_renamed_by_number_or_by_name(names):
    assert wording(names=names).of(labelled(1)).instance.output == "good"


@pytest.mark.parametrize("names", [{}, NAMES])
def test_a_row_without_a_label_is_rejected_as_unlabelled(names):
    rejection = wording(names=names).of(labelled(-1))

    assert (rejection.filter, rejection.reason) == ("answer", "label is -1: the row has no label")


def test_a_number_beyond_the_classes_is_shown_as_it_is():
    assert wording(names={}).of(labelled(7)).instance.output == "7"
    assert wording().of(labelled(7)).reason == "label is '7', and names has 0, 1"


def test_a_number_is_a_number_where_the_source_names_no_classes():
    assert wording(names={}).of(row(label=-1)).instance.output == "-1"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\x89PNG", "holds bytes, and not text"),
        (float("nan"), "is NaN, and no number"),
        (float("inf"), "is infinite, and no number"),
        ([1.0, float("nan")], "is NaN, and no number"),
    ],
)
def test_what_is_no_text_is_rejected_with_the_reason(value, reason):
    answer = wording(names={}).of(row(label=value))
    text = wording(names={}).of(row(text=value))

    assert (answer.filter, answer.reason) == ("answer", f"label {reason}")
    assert (text.filter, text.reason) == ("template", f"phrasings.plain.cannot be filled: text {reason}")
    assert wording(names={}).of(row(unused=value)).instance.output == "1"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        ({"a": None, "b": [True, "日"]}, '{"a": null, "b": [true, "日"]}'),
    ],
)
def test_lists_and_truth_values_are_written_as_json(value, written):
    shown = wording(names={}, plain=phrasing(input="{{ text }}")).of(row(text=value, label=value))

    assert (shown.instance.input, shown.instance.output) == (written, written)
    assert wording(names={}).of(row(text=[value])).instance.input == f"[{written}]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ 'x ' ~ flag }}", "x true"),
        ("{{ flag ~ ' ' ~ parts }}", 'true ["a", true]'),
        ("{{ ('x ' ~ flag) | upper }}", "X TRUE"),
        ("{{ 'x ' ~ about.none ~ 1 ~ 2.5 }}", "x 12.5"),
    ],
)
def test_what_is_joined_to_a_text_is_written_as_json_too(text, shown):
    made = wording(plain=phrasing(input=text)).of(row(flag=True, parts=["a", True], about={"none": None}))

    assert made.instances[0].input == shown


def test_a_truth_value_is_still_one_to_a_template():
    made = wording(plain=phrasing(input="{% if flag is true and parts[0] == 'a' %}{{ parts | length }}{% endif %}"))

    assert made.of(row(flag=True, parts=["a", "b"])).instance.input == "2"


def test_a_template_that_cannot_be_filled_is_a_rejection_that_names_it():
    rejection = wording(plain=phrasing("{{ topic + 1 }}")).of(row())

    assert rejection.filter == "template"
    assert rejection.reason.startswith("phrasings.plain.instruction cannot be filled:")


def test_a_phrasing_names_the_columns_that_it_wants():
    assert phrasing("{{ topic }} {{ choices }}").columns == {"topic", "text"}


def test_what_is_no_template_is_refused():
    with pytest.raises(ValueError, match="is not a Jinja template"):
        phrasing("{{ topic")


def test_a_draw_depends_on_what_it_is_of_and_on_nothing_else():
    draws = [draw(1, "stage", f"row {number}", "phrasing") for number in range(300)]

    assert draws == [draw(1, "stage", f"row {number}", "phrasing") for number in range(300)]
    assert all(0 <= one < LARGEST for one in draws)
    assert 60 < sum(one % 3 == 0 for one in draws) < 140
    assert draw(2, "stage", "row 0", "phrasing") != draws[0] != draw(1, "stage", "row 0", "cap")
