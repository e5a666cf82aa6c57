from math import log2

import pytest

from selfinstruct.storage.diversity import diversity, even


@pytest.fixture
def made(task):
    """A function that makes a task of the run's own."""

    def make(number, instruction):
        return task(number, id=f"made_{number}", origin="grow", instruction=instruction)

    return make


def test_n_grams_are_counted_over_what_was_made_only(task, made):
    figures = diversity([task(0, instruction="red red red"), made(1, "blue green"), made(2, "blue grey")])

    assert figures["distinct_1"] == 0.75
    assert figures["distinct_2"] == 1
    assert figures["distinct_3"] is None


def test_a_task_is_near_others_before_and_after_it_and_not_itself(task, made):
    figures = diversity([task(0, instruction="a b c d"), made(1, "a b x y"), made(2, "a b x z")])

    assert figures["nearest"] == 0.75
    assert figures["nearest_seed"] == 0.5
    assert figures["self_similarity"] == 0.75


def test_verbs_and_nouns_are_counted_as_far_as_they_are_known(made):
    figures = diversity(
        [made(1, "Write a poem."), made(2, "Write a poem."), made(3, "Sort the words."), made(4, "Why not?")]
    )

    assert figures["verbs"] == 2
    assert figures["verb_noun_pairs"] == 2
    assert figures["verb_noun_share"] == 0.75
    assert figures["verb_noun_entropy"] == pytest.approx(log2(3) - 2 / 3, abs=1e-6)


def test_nothing_is_known_of_a_pool_of_seeds(pool):
    assert set(diversity(pool).values()) == {None}


def test_a_single_task_has_no_neighbor(made):
    figures = diversity([made(1, "Write a poem.")])

    assert figures["nearest"] is figures["nearest_seed"] is figures["self_similarity"] is None
    assert figures["verb_noun_entropy"] == 0


def test_a_sample_is_even_and_always_the_same():
    assert even(range(10), 5) == [0, 2, 4, 6, 8]
    assert even([1, 2], 5) == [1, 2]


def test_distinct_n_of_a_fixed_number_does_not_depend_on_how_many_were_made(made):
    few = diversity([made(number, f"word{number // 10} again") for number in range(500)])
    many = diversity([made(number, f"word{number // 40} again") for number in range(2000)])

    assert (few["distinct_1"], many["distinct_1"]) == (0.051, 0.01275)
    assert few["distinct_1_of_500"] == many["distinct_1_of_500"] == 0.051


def test_distinct_n_of_a_fixed_number_is_unknown_of_fewer(made):
    figures = diversity([made(number, f"word{number} again") for number in range(499)])

    assert figures["distinct_1_of_500"] is figures["distinct_3_of_500"] is None


def test_instructions_that_repeat_each_other_are_compressed_more(task, made):
    unlike = diversity([made(number, f"{number**21:x}") for number in range(50)])
    alike = diversity([made(number, f"Write the number {number}.") for number in range(50)])
    seeds = [task(number, instruction=f"Name {number}") for number in range(50)]

    assert 1 < unlike["compression_ratio"] < alike["compression_ratio"]
    assert diversity(seeds)["compression_ratio"] is None


def test_a_text_that_is_not_unicode_is_compressed(made):
    assert diversity([made(1, "half a pair: \ud800")])["compression_ratio"] > 0


def test_of_a_text_without_end_the_beginning_is_measured(task):
    words = [f"w{number}" for number in range(200_000)]
    tasks = [task(number, origin="grow", instruction=" ".join(words[number:])) for number in range(20)]

    figures = diversity(tasks)

    assert figures["self_similarity"] > 0.9
    assert figures["distinct_1"] == round(1019 / 20_000, 6)
