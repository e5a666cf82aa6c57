"""Replies that are JSON of a prompt's schema, those that ignore it, and schemas that give no candidate."""

import json

import pytest
from pieces import reasons
from pydantic import ValidationError

from selfinstruct.prompt.last_line import LastLine
from selfinstruct.prompt.numbered_list import NumberedList
from selfinstruct.prompt.structured import Structured
from selfinstruct.request import Completion
from selfinstruct.round import Candidate
from selfinstruct.task import Instance

TEXT = {"type": "string"}


def described(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(**properties):
    return described(tasks={"type": "array", "minItems": 1, "items": described(**properties)})


def make(schema, text=None):
    return Structured(enabled=True, system="Answer with JSON.", schema=schema, text=text)


INSTRUCTIONS = make(listed(instruction=TEXT))
TASKS = make(listed(instruction=TEXT, input=TEXT, output=TEXT))
GRADE = make(described(reasons=TEXT, verdict={"type": "string", "enum": ["A", "B"]}), "{{ verdict }}")


def read(structured, value, finish_reason="stop", **prompt_vars):
    text = value if isinstance(value, str) else json.dumps(value)
    parser = NumberedList(casing="keep", cut_off="keep_whole")
    if structured is GRADE:
        parser = LastLine(attribute="rating", answers=["A", "B"])
    shown = {"tasks": [], "chat": True, **prompt_vars}
    return structured.parse(Completion(text, finish_reason), shown, parser)


def test_each_item_of_a_list_is_a_candidate():
    found = read(INSTRUCTIONS, {"tasks": [{"instruction": "Name a bird."}, {"instruction": "1. e4 or 1. d4?\n"}]})

    assert found == [Candidate(instruction="Name a bird."), Candidate(instruction="1. e4 or 1. d4?")]


def test_words_for_no_input_are_no_input():
    found = read(TASKS, {"tasks": [{"instruction": "Name a bird.", "input": "None", "output": "The wren."}]})

    assert found == [Candidate(instruction="Name a bird.", instances=(Instance("", "The wren."),))]


def test_an_answer_belongs_to_the_input_of_the_prompt():
    assert read(make(described(output=TEXT)), {"output": "9"}, input="4 + 5") == [
        Candidate(instances=(Instance("4 + 5", "9"),))
    ]


def test_a_truth_value_is_read_as_it_is():
    found = read(make(described(is_classification={"type": "boolean"})), {"is_classification": False})

    assert found == [Candidate(is_classification=False)]


def test_a_verdict_is_stored_and_its_reasons_are_not():
    assert read(GRADE, {"reasons": "Sound.", "verdict": "A"}) == [Candidate(attributes={"rating": "A"})]


def test_a_value_beyond_the_schema_is_rejected():
    assert reasons(read(GRADE, {"reasons": "Sound.", "verdict": "C"})) == ["not JSON of the schema"]
    assert reasons(read(GRADE, {"verdict": "A"})) == ["not JSON of the schema"]


def test_thoughts_and_a_fence_around_the_object_do_not_count():
    text = '<think>\nOne bird.\n</think>\n```json\n{"tasks": [{"instruction": "Name a bird."}]}\n```'

    assert read(INSTRUCTIONS, text) == [Candidate(instruction="Name a bird.")]


def test_control_tokens_within_a_text_of_the_object_stay():
    token = "Say what <|im_end|>\n means."

    assert read(INSTRUCTIONS, {"tasks": [{"instruction": token}]}) == [Candidate(instruction=token)]


def test_half_a_surrogate_pair_is_replaced():
    assert read(INSTRUCTIONS, r'{"tasks": [{"instruction": "Name \ud83d a bird."}]}') == [
        Candidate(instruction="Name \ufffd a bird.")
    ]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"instruction": " ", "input": "", "output": "x"}, "empty instruction"),
        ({"instruction": "Name a bird.", "input": "", "output": "\n"}, "empty output"),
        ({"instruction": "I'm sorry, but I can't help.", "input": "", "output": "x"}, "refusal"),
    ],
)
def test_an_object_without_data_is_rejected_alone(task, reason):
    whole = {"instruction": "Name a fish.", "input": "", "output": "The carp."}

    found = read(TASKS, {"tasks": [task, whole]})

    assert reasons(found) == [reason]
    assert [piece.instruction for piece in found if isinstance(piece, Candidate)] == ["Name a fish."]


def test_an_object_that_is_cut_off_is_never_read_as_text():
    assert reasons(read(INSTRUCTIONS, '{"tasks": [{"instruction": "Name a bird."}, {"instr', "length")) == [
        "reply cut off"
    ]


def test_a_text_that_ignores_the_schema_is_read_by_the_parser_of_the_prompt():
    text = "1. Name a bird that sings.\n2. Count to ten in French."

    assert read(INSTRUCTIONS, text) == [
        Candidate(instruction="Name a bird that sings."),
        Candidate(instruction="Count to ten in French."),
    ]
    assert INSTRUCTIONS.is_ignored(Completion(text))


def test_a_reply_that_is_valid_or_cut_off_does_not_ignore_the_schema():
    assert not INSTRUCTIONS.is_ignored(Completion('{"tasks": [{"instruction": "Name a bird."}]}'))
    assert not INSTRUCTIONS.is_ignored(Completion('{"tasks": [', "length"))


def test_brackets_that_lie_thousands_deep_are_no_object_of_the_schema():
    assert INSTRUCTIONS.value(Completion("[" * 100_000)) is None


@pytest.mark.parametrize(
    ("schema", "text", "says"),
    [
        ({"type": "objekt"}, None, "not a JSON schema: 'objekt'"),
        (described(title=TEXT), None, "instruction, is_classification or output, or a text"),
        (described(instruction={"type": "integer"}), None, "must make instruction a string"),
        (described(verdict=TEXT), "{{ grade }}", "not properties of the schema: grade"),
    ],
)
def test_a_schema_that_gives_no_candidate_is_refused(schema, text, says):
    with pytest.raises(ValidationError, match=says):
        make(schema, text)
