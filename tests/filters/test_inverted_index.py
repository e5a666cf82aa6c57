from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.filters.inverted_index import InvertedIndex, features

TOKENS = st.lists(st.integers(0, 90).map(str), max_size=20) | st.lists(st.sampled_from("abc"), max_size=8)


def filled(texts: list[list[str]]) -> InvertedIndex:
    postings = InvertedIndex()
    for text in texts:
        postings.add(text)
    return postings


def known(postings: InvertedIndex, text: list[str]) -> list[int]:
    return [number for number in postings.numbers(features(text)) if number]


def test_a_token_that_occurs_again_is_another_feature() -> None:
    assert list(features(["the", "cat", "the", "dog", "the"])) == ["the", "cat", "the 2", "dog", "the 3"]


@given(TOKENS, TOKENS)
def test_texts_share_as_many_features_as_tokens(one: list[str], other: list[str]) -> None:
    assert len(set(features(one)) & set(features(other))) == (Counter(one) & Counter(other)).total()


@given(TOKENS, st.lists(TOKENS, max_size=12), st.integers(1, 8))
def test_no_text_that_shares_enough_is_missed(text: list[str], texts: list[list[str]], fewest: int) -> None:
    postings = filled(texts)
    shared = [(Counter(text) & Counter(other)).total() for other in texts]

    numbers = known(postings, text)
    found = Counter(postings.listed(numbers, fewest).tolist())

    assert {place for place, number in enumerate(shared) if number >= fewest} <= set(found)
    assert all(shared[place] <= count + fewest - 1 for place, count in found.items())


@given(TOKENS, st.lists(TOKENS, min_size=1, max_size=12))
def test_a_sign_never_understates_what_is_shared(text: list[str], texts: list[list[str]]) -> None:
    postings = filled(texts)
    most = postings.most(known(postings, text), np.arange(len(texts), dtype=np.uint32))

    assert all((Counter(text) & Counter(other)).total() <= at_most for other, at_most in zip(texts, most, strict=True))


def test_the_shortest_lists_are_read() -> None:
    postings = filled([["a", "b"], ["a", "c"], ["a", "d"]])

    assert postings.listed(known(postings, ["a", "b"]), 2).tolist() == [0]
    assert postings.listed(known(postings, ["a", "b"]), 1).tolist() == [0, 0, 1, 2]
    assert postings.listed(known(postings, ["a", "x"]), 2).tolist() == []


def test_tokens_that_no_text_has_are_zero() -> None:
    assert filled([["a", "b"]]).numbers(["b", "x", "a"]) == [2, 0, 1]
