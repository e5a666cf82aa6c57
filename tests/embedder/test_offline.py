import math

import numpy as np
import pytest

from selfinstruct.embedder import SCALE, Embedder, decode, encode
from selfinstruct.embedder.offline import Offline
from selfinstruct.task import OFFLINE


def test_it_is_an_embedder_that_says_that_it_is_none(embed):
    assert isinstance(Offline(), Embedder)
    assert (Offline().name, Offline().is_offline, Offline().reads_meaning) == (OFFLINE, True, False)


def test_texts_that_are_spelled_alike_are_nearer_than_others(embed):
    one, near, far = (
        decode(found.text).astype(int)
        for found in embed(Offline(), "Name three fruits.", "Name three red fruits.", "Solve the equation.")
    )

    assert one @ near > 2 * (one @ far)


def test_the_same_text_has_the_same_vector_on_every_machine(embed):
    (found,) = embed(Offline(), "Name three fruits.")

    vector = decode(found.text)
    assert vector[np.flatnonzero(vector)][:6].tolist() == [-943, 943, -943, -943, -943, 943]


@pytest.mark.parametrize("text", ["", "?!", "写一首诗", "\ud800"])
def test_a_text_without_words_has_a_vector(text, embed):
    (found,) = embed(Offline(), text)

    assert decode(found.text).any()


def test_a_stored_vector_has_the_direction_of_its_numbers_and_the_common_length():
    found = decode(encode([3.0, -4.0, 0.0])).tolist()

    assert found == [0.6 * SCALE, -0.8 * SCALE, 0]


@pytest.mark.parametrize("numbers", [[], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_what_has_no_direction_is_not_a_vector(numbers):
    with pytest.raises(ValueError, match="its numbers are"):
        encode(numbers)


@pytest.mark.parametrize("size", [64, 4096])
def test_no_part_of_a_product_exceeds_what_float32_counts_exactly(size):
    spread = np.sqrt(np.random.default_rng(1).random(size) + 0.5)
    vector = decode(encode(spread)).astype(np.int64)

    assert int(np.abs(vector * vector).sum()) < 1 << 24
