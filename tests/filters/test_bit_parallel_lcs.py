import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from selfinstruct.filters.bit_parallel_lcs import PackedTexts

QUERIES = st.lists(st.integers(1, 9), max_size=90)


def filled(bits: int, texts: list[list[int]]) -> PackedTexts:
    packed = PackedTexts(bits)
    for number, text in enumerate(texts):
        packed.add(text, 2 * number)
    return packed


@pytest.mark.parametrize("bits", [16, 64])
@given(query=QUERIES, data=st.data())
def test_the_common_length_is_that_of_rapidfuzz(bits: int, query: list[int], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=bits), max_size=8))
    size = data.draw(st.integers(0, len(texts)))

    common = filled(bits, texts).common(query, size)

    assert common.tolist() == [LCSseq.similarity(query, text) for text in texts[:size]]


@pytest.mark.parametrize("bits", [16, 64])
def test_frequent_and_rare_tokens_are_compared_alike(bits: int) -> None:
    chance = random.Random(1)
    texts = [[min(int(chance.paretovariate(0.5)), 300) for _ in range(chance.randint(1, bits))] for _ in range(5000)]
    packed = filled(bits, texts)

    for size in (5000, 3000, 10):
        query = texts[chance.randrange(5000)] + [301, 1, 2]
        assert packed.common(query, size).tolist() == [LCSseq.similarity(query, text) for text in texts[:size]]


@pytest.mark.parametrize("bits", [16, 64])
def test_a_full_lane_does_not_spill_into_the_next(bits: int) -> None:
    texts = [list(range(bits)), [0], list(range(bits)), [bits]]

    assert filled(bits, texts).common(list(range(bits)), 4).tolist() == [bits, 1, bits, 0]


def test_lengths_and_places_are_kept() -> None:
    packed = filled(16, [[1, 2], [3], [1, 1, 1]])

    assert packed.lengths(2).tolist() == [2, 1]
    assert list(packed.places) == [0, 2, 4]
    assert PackedTexts(16).lengths(0).tolist() == []
