import pytest

from selfinstruct.prompt.single_instruction import SingleInstruction
from selfinstruct.request import Completion
from selfinstruct.round import Candidate


def read(text, rules="strict", chat=False):
    (piece,) = SingleInstruction(rules=rules).parse(Completion(text=text), {"chat": chat})
    return piece.instruction if isinstance(piece, Candidate) else (piece.filter, piece.reason)


@pytest.mark.parametrize("rules", ["paper", "strict"])
@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        (" to write the opposite.", "write the opposite."),
        (': "Write the first letter of it." and they did', "Write the first letter of it."),
        (" probably: to add the numbers\nInput: 3", "add the numbers"),
        (" most likely to add", "add"),
        (' "Add them"', "Add them"),
        ("probably most likely to add", "add"),
    ],
)
def test_what_stands_around_the_instruction_is_left_out(text, instruction, rules):
    assert read(text, rules) == instruction


def test_to_is_a_word_of_its_own_but_for_the_paper():
    assert read("total the two numbers") == "total the two numbers"
    assert read("total the two numbers", "paper") == "tal the two numbers"
    assert read("To add.", "paper") == "To add."
    assert read("To add.") == "add."


def test_words_in_quotes_within_an_instruction_are_a_part_of_it_but_for_the_paper():
    text = 'Write "not at all the same" if they differ'

    assert read(text) == "Write not at all the same if they differ"
    assert read(text, "paper") == "not at all the same"
    assert read('likely "Add 2 to the number."') == "Add 2 to the number."
    assert read('likely "Add 2 to the number."', "paper") == "likely Add 2 to the number."


def test_curly_quotes_are_quotes():
    assert read("was “Write the opposite of it.”") == "Write the opposite of it."


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here is the instruction:\n\nWrite the opposite.\n\nLet me know if you need more!",
        "**Instruction:** Write the opposite.",
        "Instruction\n\nWrite the opposite.",
        'The instruction might have been: "Write the opposite."',
        "The task is to write the opposite.",
        "<think>Hm, sums?</think>\nWrite the opposite.",
        "Answer: Write the opposite.",
    ],
)
def test_a_chat_model_may_announce_the_instruction(text):
    assert read(text, chat=True).capitalize() == "Write the opposite."


def test_a_completion_may_talk_like_a_chat_model():
    text = " Certainly. Here are my suggestions:\n\n to add the numbers.\n\nI hope this helps."

    assert read(text) == "add the numbers."
    assert read(text, "paper") == "Certainly. Here are my suggestions:"


def test_an_instruction_that_sounds_like_a_label_is_one():
    assert read("Answer the question: is it larger?", chat=True) == "Answer the question: is it larger?"
    assert read("Instruction:", chat=True) == ("parse", "no instruction")
    assert read("Sure! Here is what I came up with:", chat=True) == ("parse", "no instruction")


def test_what_is_no_instruction_is_reported():
    assert read("") == ("parse", "empty reply")
    assert read("<think>Well", chat=True) == ("parse", "unfinished thought")
    assert read("I'm sorry, but I cannot tell.") == ("parse", "refusal")
    assert read(' "" ...') == ("parse", "no instruction")


def test_further_examples_are_no_instruction_but_for_the_paper():
    assert read("Input: a\nOutput: b\n\nThe instruction was: Add.", chat=True) == "Add."
    assert read("**Example 1**\n- Input: a", chat=True) == ("parse", "no instruction")
    assert read("\nInput: a\nOutput: b") == ("parse", "no instruction")
    assert read("\nInput: a\nOutput: b", "paper") == "Input: a"
    assert read("Example sentences are to be negated.") == "Example sentences are to be negated."


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, f"Example{'*' * 200_000}x", f"Example{' ' * 200_000}x"],
    ids=["word", "stars", "spaces"],
)
@pytest.mark.parametrize("rules", ["paper", "strict"])
def test_a_text_without_end_takes_no_time(text, rules):
    assert read(text, rules, chat=True) == text


def test_it_expects_a_single_instruction():
    assert SingleInstruction(rules="strict").reply_format == "single_instruction"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWrite the plural.\n\n---",
        "Instruction:\n\n***\n\nWrite the plural.",
        "Sure, here it is:\n---\nWrite the plural.",
        "Write the plural.<|im_end|>",
        "[/INST] Write the plural.</s>",
    ],
)
@pytest.mark.parametrize("rules", ["paper", "strict"])
def test_rules_and_control_tokens_around_an_instruction_are_left_out(text, rules):
    assert read(text, rules, chat=True) == "Write the plural."


@pytest.mark.parametrize("text", ["Input： 3\nOutput： 4\nAdd one.", "Example 1：\nAdd one.", "Instruction： Add one."])
def test_labels_with_a_colon_of_full_width_are_labels(text):
    assert read(text, chat=True) == "Add one."
