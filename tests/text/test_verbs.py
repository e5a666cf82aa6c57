import pytest

from selfinstruct.text.verbs import verb_and_noun


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Write a short story about a lighthouse.", ("write", "story")),
        ("Give me a list of five rivers.", ("give", "list")),
        ("Please translate the sentence into French.", ("translate", "sentence")),
        ("Can you suggest four names for a choir?", ("suggest", "names")),
        ("Given a list of numbers, find the largest one.", ("find", "one")),
        ("Your task is to rewrite this e-mail politely", ("rewrite", "politely")),
        ("Sort the words.", ("sort", "words")),
        ("List fruits, please", ("list", "fruits")),
        ("Name a few", ("name", "few")),
    ],
)
def test_an_order_has_a_root_verb_and_its_noun(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    "instruction",
    [
        "What is the capital of France?",
        "The story goes on.",
        "Summarise.",
        "Think about it.",
        "写一个故事",
        "",
        "1 2 3",
    ],
)
def test_what_begins_no_order_has_no_pair(instruction):
    assert verb_and_noun(instruction) is None
