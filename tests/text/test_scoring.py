import pytest

from selfinstruct.text.scoring import METRICS, paper, score, strict


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1.5", "1"),
        ("-5", " 5"),
        ("U.S.A.", "u"),
        ("5 - perfectly", "5   perfectly"),
        ("5-perfectly", "5 perfectly"),
        (" Sentence 1: Cats AND dogs and mice.\nMore", "cats and dogs mice"),
        ("it's", "its"),
    ],
)
def test_the_normal_form_of_the_paper_keeps_its_defects(text, normal):
    assert paper(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1.5", "1.5"),
        ("-5", "-5"),
        ("\u22125.", "-5"),
        ("3-4", "3 4"),
        ("1,000", "1000"),
        ("1, 000", "1 000"),
        ("U.S.A.", "usa"),
        ("Mr. Smith was seen.", "mr smith was seen"),
        ("Dog. The dog is larger.", "dog"),
        ("No. They differ.", "no"),
        ("Dog\nIt is larger", "dog"),
        ("5 - perfectly", "5 perfectly"),
        ("Sentence 2: It  rained.", "it rained"),
        ("cats And dogs", "cats dogs"),
        ("twenty-one", "twenty one"),
        ("cafe\u0301", "caf\u00e9"),
        ("_x_ \x00y", "x y"),
    ],
)
def test_the_strict_normal_form_keeps_what_tells_answers_apart(text, normal):
    assert strict(text) == normal


def test_a_text_without_end_takes_no_time():
    assert score(f"hot{' ' * 200_000}cold", ["hot cold"], "exact_match", "strict") == 1.0


def test_an_answer_is_right_if_it_is_one_of_those_accepted():
    assert score("Nope.", ["no", "nope"], "exact_match", "paper") == 1
    assert score("nope not", ["no", "nope"], "exact_match", "strict") == 0
    assert score("x", [], "exact_match", "paper") == 0


def test_a_set_has_no_order():
    assert score("cat, dog", ["dog cat"], "exact_set", "strict") == 1
    assert score("cat", ["dog cat"], "exact_set", "strict") == 0


def test_a_word_that_is_contained_stands_alone():
    assert score("It is a big house.", ["big"], "contains", "strict") == 1
    assert score("It is bigger.", ["big"], "contains", "strict") == 0


def test_f1_counts_shared_words_with_their_number():
    assert score("a a b", ["a b b"], "token_f1", "paper") == pytest.approx(2 / 3)
    assert score("c", ["a"], "token_f1", "paper") == 0
    assert score("c d", ["a", "c"], "token_f1", "paper") == pytest.approx(2 / 3)


@pytest.mark.parametrize("metric", METRICS)
def test_strict_scoring_takes_nothing_for_wrong(metric):
    assert score("...", ["?"], metric, "strict") == 0


def test_an_empty_accepted_text_is_contained_in_any_word_by_the_paper():
    assert score("word", ["!"], "contains", "paper") == 1


def test_an_echo_is_wrong_where_it_may_not_be_right():
    assert score("Cat", ["hat", "cat"], "exact_match", "strict", echo="cat") == 0
    assert score("hat", ["hat", "cat"], "exact_match", "strict", echo="cat") == 1
    assert score("cat", ["hat", "cat"], "exact_match", "paper", echo="cat") == 1
    assert score("place", ["place"], "exact_match", "strict") == 1
