import pytest

from selfinstruct.text.verbs import verb_and_noun


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Write a short story about a lighthouse.", ("write", "story")),
        ("Give me a list of five rivers.", ("give", "list")),
        ("Please translate the sentence into French.", ("translate", "sentence")),
        ("Can you suggest four names for a choir?", ("suggest", "name")),
        ("Given a list of numbers, find the largest one.", ("find", "one")),
        ("Your task is to rewrite this e-mail politely", ("rewrite", "politely")),
        ("Sort the words.", ("sort", "word")),
        ("List fruits, please", ("list", "fruit")),
        ("Name a few", ("name", "few")),
    ],
)
def test_an_order_has_a_root_verb_and_its_noun(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Invent a machine that folds maps.", ("invent", "machine")),
        ("Describe a painter who never sold a canvas.", ("describe", "painter")),
        ("Suggest a board game which two can play.", ("suggest", "game")),
        ("Name an island where puffins nest.", ("name", "island")),
        ("Name two habits you would give up.", ("name", "habit")),
    ],
)
def test_a_clause_about_the_noun_is_not_part_of_it(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Explain the tools needed", ("explain", "tool")),
        ("Rank the poems written in 1920.", ("rank", "poem")),
        ("Draft a notice describing the new opening hours.", ("draft", "notice")),
        ("Draft a notice praising the volunteers.", ("draft", "notice")),
        ("Compose a song called Harbor Lights.", ("compose", "song")),
        ("Sort the cities according to their height.", ("sort", "city")),
    ],
)
def test_a_participle_after_the_noun_ends_its_phrase(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Summarize the printed report.", ("summarize", "report")),
        ("Draw a neatly folded letter.", ("draw", "letter")),
        ("Design a machine learning course.", ("design", "course")),
        ("Compare the average speed of both trains.", ("compare", "speed")),
        ("Correct the given paragraph.", ("correct", "paragraph")),
    ],
)
def test_a_participle_before_the_noun_is_part_of_its_phrase(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    ("instruction", "pair"),
    [
        ("Write a helpful and polite reply.", ("write", "reply")),
        ("Write a short, musical rhyme about rain.", ("write", "rhyme")),
        ("List the social or economic effects of tides.", ("list", "effect")),
        ("Write a poem and a letter.", ("write", "poem")),
        ("List costs and benefits of solar power.", ("list", "cost")),
    ],
)
def test_adjectives_that_are_joined_belong_to_one_noun(instruction, pair):
    assert verb_and_noun(instruction) == pair


@pytest.mark.parametrize(
    ("plural", "noun"),
    [
        ("stories", "story"),
        ("movies", "movie"),
        ("boxes", "box"),
        ("speeches", "speech"),
        ("dishes", "dish"),
        ("glasses", "glass"),
        ("phrases", "phrase"),
        ("series", "series"),
        ("analysis", "analysis"),
        ("virus", "virus"),
    ],
)
def test_a_noun_is_in_the_singular(plural, noun):
    assert verb_and_noun(f"Find some {plural}.") == ("find", noun)


def test_a_number_is_neither_the_noun_nor_the_end_of_its_phrase():
    assert verb_and_noun("Give the top 5 reasons to walk.") == ("give", "reason")


def test_a_particle_is_no_noun():
    assert verb_and_noun("Come up with a plan.") is None
    assert verb_and_noun("Make up a riddle.") == ("make", "riddle")
    assert verb_and_noun("Look the word up.") == ("look", "word")


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
