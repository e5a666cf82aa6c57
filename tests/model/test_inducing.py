"""What the offline grammar induces from examples, and how it follows an instruction."""

import re
from random import Random

import pytest

from selfinstruct.model.grammar.following import ANSWERS, verbal
from selfinstruct.model.grammar.inducing import KNOWN, WORDINGS, answer, followed, induced, single_instruction
from selfinstruct.request import Decoding, Request

PAIRS = {
    "starting": [("A cat can. [c]", "cat can")],
    "second letter": [("house", "o")],
    "first letter": [("house", "h")],
    "letters": [("cat", "c a t")],
    "sum": [("3 4", "7")],
    "difference": [("9 4", "5")],
    "in words": [("21", "twenty-one")],
    "in context": [("Sentence 1: A b. Sentence 2: C d. Word: b", "the same")],
    "similarity": [("Sentence 1: A b. Sentence 2: C d.", "3 - a bit")],
    "cause": [("Sentence 1: A b. Sentence 2: C d.", "A b.")],
    "sentiment": [("A joy.", "positive")],
    "passive": [("The cat saw the dog.", "The dog was seen by the cat.")],
    "negation": [("It is so.", "It is not so.")],
    "larger": [("cat, horse", "horse")],
    "animals": [("cat, bed, dog", "cat, dog")],
    "shared": [("oak, elm, fir", "are trees.")],
    "formal": [("Hey you", "Good day")],
    "plural": [("cat", "cats")],
    "opposite": [("hot", "cold")],
    "synonym": [("big", "large")],
    "rhyme": [("hail", "snail")],
    "German": [("knife", "Messer")],
    "Spanish": [("knife", "cuchillo")],
    "French": [("knife", "couteau")],
}


def sure(shown):
    """What is induced where the grammar is not vague."""
    return induced(shown, Random(0))


@pytest.mark.parametrize("name", PAIRS)
def test_an_instruction_is_induced_and_known_again(name):
    text = sure(PAIRS[name])

    assert any(text.startswith(wording[:-1]) for wording in WORDINGS[name].split("|"))
    known = next(kind for kind, pattern in KNOWN.items() if re.search(pattern, text, re.IGNORECASE))
    assert known == name


def test_every_wording_has_an_answer_and_a_way_to_be_known():
    assert sorted(ANSWERS) == sorted(WORDINGS) == sorted(KNOWN) == sorted(PAIRS)


@pytest.mark.parametrize(
    ("instruction", "given", "output"),
    [
        ("Add the numbers", "3 -4", "-1"),
        ("Write the difference of the numbers", "9 4", "5"),
        ("Subtract them", "none", "none"),
        ("List the words that begin with the letter", "A cat can. [C]", "cat can"),
        ("Translate the word into French.", "water", "eau"),
        ("Give the antonym.", "cold", "hot"),
        ("Give the antonym.", "lucky", "unlucky"),
        ("Negate the sentence.", "The road leads home.", "The road does not lead home."),
        ("Negate the sentence.", "It is so.", "It is not so."),
        ("Negate the sentence.", "We met.", "It is not true that We met."),
        ("Use the passive.", "The cat called the dog.", "The dog was called by the cat."),
        ("Use the passive.", "Cats sleep.", "Cats sleep."),
        ("List the animals.", "bed, camel, axe", "camel"),
        ("Name the bigger one.", "ant, elephant", "elephant"),
        ("Find the cause.", "Sentence 1: A. Sentence 2: B.", "A."),
        ("Find the cause.", "A.", "A."),
        ("Rate how similar they are: 0 - far, 5 - near.", "Sentence 1: A b. Sentence 2: A b.", "5 - near"),
        ("Rate how similar they are.", "A b.", "5"),
        ("Name the sentiment.", "A bore.", "negative"),
        ("Say it formally.", "Hey you", "Hello you"),
        ("What do they have in common?", "oak, elms", "are animals."),
        ("Say whether the word has the same meaning.", "a", "not the same"),
        ("Do as before.", "one two", "two"),
        ("Do as before.", "", ""),
    ],
)
def test_an_instruction_is_followed_for_an_input(instruction, given, output):
    assert followed(instruction, given) == output


def test_numbers_are_written_in_words():
    assert [verbal(text) for text in ("0", "13", "20", "99", "100", "342", "7005", "12345", "x")] == [
        *("zero", "thirteen", "twenty", "ninety-nine", "one hundred", "three hundred forty-two"),
        *("seven thousand five", "one two three four five", "x"),
    ]


def test_now_and_then_the_grammar_is_vague():
    said = {induced(PAIRS["sum"], Random(number)) for number in range(60)}

    assert {"Complete the pattern.", "Add the two numbers."} < said
    assert induced([], Random(1)) in (
        "Write the output for the input.",
        "Complete the pattern.",
        "Give the matching word.",
    )


def asked(text, chat):
    return Request(id="x/1/1", stage="x", round=1, text=text, system=None, chat=chat, decoding=Decoding(), expects="x")


def test_a_completion_goes_on_with_the_story_and_a_chat_reply_stands_alone():
    prompt = "Pairs.\n\nInput: 3 4\nOutput: 7\n\nThe instruction was"

    said = {single_instruction(asked(prompt, False), Random(number), False)[:5] for number in range(20)}
    assert {" to a", ': "Ad'} <= said
    assert single_instruction(asked(prompt, True), Random(0), False).strip('"') in WORDINGS["sum"].split("|")


def test_the_last_instruction_and_input_of_a_prompt_are_followed():
    prompt = "Follow it.\n\nInstruction: Add them.\nInput: 3 4\nOutput:"

    assert answer(asked(prompt, True), Random(1), False) == "7"
    assert answer(asked(prompt, False), Random(1), False) == " 7"
    assert answer(asked("Well?", True), Random(1), False) == ""


def test_a_spoiled_reply_says_nothing_useful():
    prompt = "Instruction: Add them.\nInput: 3 4\nOutput:"

    assert not any("7" in answer(asked(prompt, True), Random(k), True) for k in range(9))
    assert not any("Add" in single_instruction(asked(prompt, True), Random(k), True) for k in range(9))
