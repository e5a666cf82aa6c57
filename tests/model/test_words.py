"""The words of the offline model, and how slots are filled."""

from random import Random

import pytest

from selfinstruct.model.grammar.words import enumeration, fill, number, plural, read, words


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("a owl met a user in a hour", "an owl met a user in an hour"),
        ("a unicycle and a umbrella", "a unicycle and an umbrella"),
        ("A egg for a European", "An egg for a European"),
    ],
)
def test_articles_fit_the_next_word(text, fixed):
    assert fill(text, Random(0)) == fixed


@pytest.mark.parametrize(
    ("noun", "many"),
    [("lantern", "lanterns"), ("fox", "foxes"), ("fisherman", "fishermen"), ("pony", "ponies"), ("goose", "geese")],
)
def test_nouns_have_plurals(noun, many):
    assert plural(noun) == many
    assert plural("jellyfish") == "jellyfish"


def test_a_numbered_slot_is_the_same_word_throughout_and_others_differ():
    for draw in range(20):
        first, second, other = fill("{first_name_1} {first_name_1} {first_name}", Random(draw)).split()
        assert first == second != other


def test_a_slot_that_is_bound_keeps_its_word_and_gives_what_is_known_of_it():
    assert fill("{country}: {country:capital}", Random(0), {"country": "Peru"}) == "Peru: Lima"


def test_a_list_has_as_many_lines_as_the_instruction_says():
    assert len(fill("{tip:list}", Random(0), {"count": "seven"}).splitlines()) == 7
    assert fill("{use:list}", Random(0)).splitlines()[4].startswith("5. ")


def test_every_slot_of_every_text_can_be_filled_and_no_word_stands_twice():
    book = read("words.toml")
    for name in book["words"]:
        assert len(set(words(name))) == len(words(name)), name
    for name, texts in book["rules"].items():
        for text in texts:
            assert "{" not in fill(text, Random(0)).replace('{"', ""), name


def test_numbers_and_rows_are_read_and_written():
    assert (number("seven"), number("12")) == (7, 12)
    assert enumeration(["a"]) == "a"
    assert enumeration(["a", "b", "c"], "or") == "a, b or c"
