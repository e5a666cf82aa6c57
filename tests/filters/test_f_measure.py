from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from selfinstruct.filters.f_measure import decode, encode, exact_sum, f_measures

NUMBERS = [[], [1, 2, 3], [0xD800, 0xDFFF, 0x10FFFF], [5, 0x110000], [2**31, 2**40, 7]]
SHAPES = [(c, m, n) for m in range(1, 40) for n in range(1, 40) for c in range(min(m, n) + 1)]


def score(common: int, m: int, n: int) -> float:
    """The score as rouge-score computes it."""
    precision, recall = common / n, common / m
    return 2 * precision * recall / (precision + recall) if common else 0.0


def test_an_array_of_scores_is_what_the_numbers_give_one_by_one() -> None:
    ours = [f_measures(np.array([c]), m, np.array([n]))[0] for c, m, n in SHAPES]

    assert ours == [score(c, m, n) for c, m, n in SHAPES]


def test_no_score_is_above_one() -> None:
    lengths = np.arange(1, 3000)

    assert all(f_measures(np.minimum(m, lengths), m, lengths).max() <= 1 for m in range(1, 3000, 7))


@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.integers(1, 50)), max_size=60))
def test_a_sum_of_repeated_scores_is_that_of_the_whole_list(drawn: list[tuple[tuple[int, int, int], int]]) -> None:
    scores, counts = [score(*shape) for shape, _ in drawn], [count for _, count in drawn]
    everything = [one for one, count in zip(scores, counts, strict=True) for _ in range(count)]

    assert exact_sum(np.array(scores), np.array(counts, np.int64)) == fsum(everything)


@pytest.mark.parametrize("numbers", NUMBERS)
def test_what_was_encoded_can_be_decoded(numbers: list[int]) -> None:
    assert list(decode(encode(numbers))) == numbers


def test_numbers_are_a_string_as_far_as_there_are_characters() -> None:
    assert [type(encode(numbers)) for numbers in NUMBERS] == [str, str, str, tuple, tuple]


def test_strings_and_tuples_are_compared_with_each_other() -> None:
    texts = [encode([3, 0x110000, 5, 2**40]), encode([3, 5, 0xD800]), encode([0x110000, 2**40])]

    assert cdist(texts, texts, scorer=LCSseq.similarity).tolist() == [[4, 2, 2], [2, 3, 0], [2, 0, 2]]
