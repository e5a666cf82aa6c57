import pytest
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from selfinstruct.filters.encoding import decode, encode

NUMBERS = [[], [1, 2, 3], [0xD800, 0xDFFF, 0x10FFFF], [5, 0x110000], [2**31, 2**40, 7]]


@pytest.mark.parametrize("numbers", NUMBERS)
def test_what_was_encoded_can_be_decoded(numbers: list[int]) -> None:
    assert list(decode(encode(numbers))) == numbers


def test_numbers_are_a_string_as_far_as_there_are_characters() -> None:
    assert [type(encode(numbers)) for numbers in NUMBERS] == [str, str, str, tuple, tuple]


def test_strings_and_tuples_are_compared_with_each_other() -> None:
    texts = [encode([3, 0x110000, 5, 2**40]), encode([3, 5, 0xD800]), encode([0x110000, 2**40])]

    assert cdist(texts, texts, scorer=LCSseq.similarity).tolist() == [[4, 2, 2], [2, 3, 0], [2, 0, 2]]
