"""What the offline model induces from examples, and how it follows an instruction."""

import re

import pytest

from selfinstruct.model.grammar.inducing import CHANGES, NOTHING_SAID, answer, followed, single_instruction
from selfinstruct.model.grammar.parsed_prompt import UnanswerableError

PAIRS = {
    "second letter": ("house", "o"),
    "first letter": ("house", "h"),
    "letters|spell": ("cat", "c a t"),
    "Add|sum": ("3 4", "7"),
    "Subtract|difference": ("9 4", "5"),
    "passive": ("The cat called the dog.", "The dog was called by the cat."),
    "positive|sentiment": ("A joy.", "positive"),
    "Negate|not so": ("It is so.", "It is not so."),
    "opposite|antonym": ("hot", "cold"),
    "synonym|the same": ("big", "large"),
    "rhyme": ("cat", "hat"),
    "German": ("water", "Wasser"),
    "Spanish": ("water", "agua"),
    "French": ("water", "eau"),
    "plural|more than one": ("cat", "cats"),
}


def prompt(*pairs):
    shown = "".join(f"Input: {given}\nOutput: {output}\n\n" for given, output in pairs)
    return f"{shown}The instruction was"


@pytest.mark.parametrize("name", PAIRS)
def test_the_instruction_behind_an_example_is_induced(asking, name):
    said = {single_instruction(asking(prompt(PAIRS[name]), draw=draw)).strip('"') for draw in range(20)}

    assert said & set(NOTHING_SAID)  # now and then it is vague
    assert all(re.search(name, text, re.IGNORECASE) for text in said - set(NOTHING_SAID))


def test_the_change_that_gives_most_examples_is_taken(asking):
    said = single_instruction(asking(prompt(("hot", "cold"), ("cat", "cats"), ("dog", "dogs"))))

    assert "plural" in said or "more than one" in said


def test_examples_that_no_change_gives_have_an_instruction_that_says_nothing(asking):
    assert single_instruction(asking(prompt(("a b", "zzz")))).strip('"') in NOTHING_SAID


def test_every_wording_is_recognized_as_its_own_change():
    for change in CHANGES:
        for wording in change.wordings:
            found = next(other for other in CHANGES if re.search(other.sign, wording, re.IGNORECASE))
            assert found == change, wording


@pytest.mark.parametrize(
    ("instruction", "given", "output"),
    [
        ("Add the numbers", "3 -4", "-1"),
        ("Write the difference of the numbers", "9 4", "5"),
        ("Subtract them", "none", "none"),
        ("Translate the word into French.", "water", "eau"),
        ("Give the antonym.", "cold", "hot"),
        ("Negate the sentence.", "We met.", "It is not true that We met."),
        ("Use the passive.", "Cats sleep.", "Cats sleep."),
        ("Name the sentiment.", "A bore.", "negative"),
        ("Do as before.", "one two", "two"),
        ("Do as before.", "", ""),
    ],
)
def test_an_instruction_is_followed_for_an_input(instruction, given, output):
    assert followed(instruction, given) == output


def test_a_completion_continues_the_story_and_a_chat_reply_stands_alone(asking):
    said = {single_instruction(asking(prompt(("3 4", "7")), chat=False, draw=draw))[:5] for draw in range(30)}

    assert {" to a", ': "Ad'} <= said


def test_the_last_instruction_and_input_of_a_prompt_are_followed(asking):
    text = "Follow it.\n\nInstruction: Add them.\nInput: 3 4\nOutput:"

    assert answer(asking(text)) == "7"
    assert answer(asking(text, chat=False)) == " 7"
    assert not any("7" in answer(asking(text, draw=draw, spoiled=True)) for draw in range(9))


@pytest.mark.parametrize("form", [single_instruction, answer])
def test_a_prompt_of_another_form_cannot_be_answered(asking, form):
    with pytest.raises(UnanswerableError, match="Input: "):
        form(asking("Well?"))
