"""Texts that are all known beforehand, against a plain comparison with each of them."""

import random

from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters.fixed_texts import FixedTexts
from selfinstruct.filters.lcs_threshold import LcsThreshold

TEXTS = st.lists(st.integers(1, 9), min_size=1, max_size=14)
QUESTIONS = st.lists(st.integers(0, 9), min_size=1, max_size=14)
THRESHOLDS = st.sampled_from([0.2, 0.5, 0.6, 0.7, 0.9, 1.0])
SCORER = RougeScorer(["rougeL"])


def fixed(texts: list[list[int]]) -> FixedTexts:
    found = FixedTexts()
    for text in texts:
        found.add(text)
    return found


def score(one: list[int], other: list[int]) -> float:
    words = [" ".join(f"w{number}" for number in text) for text in (one, other)]
    return float(SCORER.score(*words)["rougeL"].fmeasure)


def plain_above(texts: list[list[int]], question: list[int], threshold: float) -> tuple[int, float] | None:
    scores = [score(text, question) for text in texts]
    best = max(scores)
    return (scores.index(best), best) if best > threshold else None


@given(st.lists(TEXTS, min_size=1, max_size=12), QUESTIONS, THRESHOLDS)
def test_what_is_found_is_what_a_plain_comparison_finds(
    texts: list[list[int]], question: list[int], threshold: float
) -> None:
    assert fixed(texts).above(question, LcsThreshold(threshold)) == plain_above(texts, question, threshold)


def test_thresholds_do_not_disturb_each_other() -> None:
    texts = fixed([[1, 2, 3, 4, 5], [1, 2, 3, 8, 9], [7, 7, 7]])
    low, high = LcsThreshold(0.5), LcsThreshold(0.9)

    found = [texts.above([1, 2, 3, 6, 9], limit) for limit in (high, low, high)]

    assert found == [None, (1, 0.8000000000000002), None]


def test_a_text_is_given_back() -> None:
    assert fixed([[4, 1, 4], [2]]).at(0) == [4, 1, 4]


def test_of_equal_scores_the_first_text_is_named() -> None:
    assert fixed([[9], [1, 2, 3, 4], [1, 2, 3, 5]]).above([1, 2, 3, 6], LcsThreshold(0.7)) == (1, 0.75)


def test_nothing_is_above_a_threshold_of_one_and_no_text_is_like_an_empty_set() -> None:
    assert fixed([[1, 2]]).above([1, 2], LcsThreshold(1.0)) is None
    assert fixed([]).above([1, 2], LcsThreshold(0.1)) is None


def test_in_a_crowd_of_texts_of_all_lengths_the_nearest_is_found() -> None:
    chance = random.Random(3)
    words = [min(int(chance.paretovariate(0.6)), 400) for _ in range(5_000)]

    def text(length: int) -> list[int]:
        start = chance.randrange(len(words) - length)
        return words[start : start + length]

    texts = [text(chance.randint(1, 30)) for _ in range(300)]
    index = fixed(texts)
    for number in range(0, 300, 12):
        question = [word for word in texts[number] if chance.random() < 0.9] or [1]
        question[chance.randrange(len(question))] = 0
        assert index.above(question, LcsThreshold(0.6)) == plain_above(texts, question, 0.6)
