import pytest

from selfinstruct.prompt.one_of import OneOf
from selfinstruct.request import Completion

EQUALITY = OneOf(
    attribute="equality",
    answers={"Equal": "equal", "Not Equal": "not equal", "Unequal": "not equal", "not the same": "not equal"},
)


def parsed(text):
    return EQUALITY.parse(Completion(text=text), {})


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("Equal", "equal"),
        (" equal.\n", "equal"),
        ("**Equal**", "equal"),
        ("Not Equal", "not equal"),
        ("NOT  EQUAL.", "not equal"),
        ("Verdict: Not Equal", "not equal"),
        ("Not Equal. The second is not the same, for it asks for dates.", "not equal"),
        ("Let me see.\n\nThey are unequal.", "not equal"),
        ("<think>Equal? No.</think>Not Equal", "not equal"),
        ("Not\r\nEqual", "not equal"),
        ("Not Equal\n\nFirst prompt: …\nVerdict: Equal", "not equal"),
    ],
)
def test_the_first_line_that_names_an_answer_counts(reply, verdict):
    (found,) = parsed(reply)

    assert found.attributes == {"equality": verdict}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Equal and not equal", "none of equal, not equal"),
        ("Hard to say", "none of equal, not equal"),
        ("Equality is a virtue", "none of equal, not equal"),
        ("I'm sorry, but I can't judge that.", "refusal"),
        ("", "empty reply"),
    ],
)
def test_a_verdict_is_never_guessed(reply, reason):
    (found,) = parsed(reply)

    assert (found.filter, found.reason) == ("parse", reason)


def test_the_form_is_named_after_the_attribute():
    assert EQUALITY.reply_format == "equality"


@pytest.mark.parametrize(
    "reply",
    [
        "---\nNot Equal\n---",
        "<|channel|>analysis<|message|>Equal?<|end|><|start|>assistant<|channel|>final<|message|>Not Equal<|return|>",
        "Not Equal<|im_end|>\n<|im_start|>user\nFirst prompt: x",
        "[/INST] Not Equal</s>",
    ],
)
def test_control_tokens_and_rules_are_no_part_of_a_verdict(reply):
    (found,) = parsed(reply)

    assert found.attributes == {"equality": "not equal"}
