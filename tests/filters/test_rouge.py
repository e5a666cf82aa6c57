import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters import tokens
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.rouge import FEW, RougeIndex
from selfinstruct.task import Task

pytestmark = pytest.mark.slow

ORACLE = RougeScorer(["rougeL"])
SHORT_TEXTS = st.lists(st.sampled_from("abcdef"), max_size=12).map(" ".join)
TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=150).map(" ".join)
THRESHOLDS = st.floats(0, 1, exclude_min=True) | st.sampled_from([0.5, 0.6, 0.7, 0.75, 0.8])


def task(number: int, text: str) -> Task:
    return Task(id=str(number), origin="human", instruction=text)


def indexed(texts: list[str]) -> RougeIndex:
    index = RougeIndex(tokens.rouge)
    for number, text in enumerate(texts):
        index.add(task(number, text))
    return index


def expected(text: str, texts: list[str], threshold: float) -> tuple[str, float] | None:
    scores = [ORACLE.score(text, other)["rougeL"].fmeasure for other in texts]
    best = max(scores, default=0.0)
    return (str(scores.index(best)), best) if best > threshold else None


@given(SHORT_TEXTS, st.lists(SHORT_TEXTS, max_size=8), THRESHOLDS)
def test_the_nearest_above_the_threshold_is_that_of_rouge_score(text: str, texts: list[str], threshold: float) -> None:
    assert indexed(texts).above(text, LcsThreshold(threshold)) == expected(text, texts, threshold)


@given(TEXTS, st.lists(TEXTS, max_size=4), THRESHOLDS)
def test_long_texts_are_compared_alike(text: str, texts: list[str], threshold: float) -> None:
    assert indexed(texts).above(text, LcsThreshold(threshold)) == expected(text, texts, threshold)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.7])
@pytest.mark.parametrize("length", [8, 90])
def test_in_a_crowd_of_resembling_texts_the_nearest_is_that_of_rouge_score(threshold: float, length: int) -> None:
    chance = random.Random(length)
    words = [f"w{number}" for number in range(length + 4)]
    texts = [" ".join(chance.sample(words, chance.randint(length // 2, length))) for _ in range(4 * FEW)]
    texts += [" ".join(words[start : start + length]) for start in range(5)]
    index = indexed(texts)

    for _ in range(4):
        kept = words[: length + 1]
        chance.shuffle(kept[: length // 2])
        del kept[chance.randrange(length)]
        assert index.above(" ".join(kept), LcsThreshold(threshold)) == expected(" ".join(kept), texts, threshold)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 128, 255, 256])
def test_a_copy_is_found_at_every_length(length: int) -> None:
    text = " ".join(str(number % 50) for number in range(length))

    assert indexed(["x", text, text]).above(text, LcsThreshold(0.99)) == ("1", 1.0)


def test_a_text_of_twenty_thousand_words_is_compared() -> None:
    words = [f"w{number % 7000}" for number in range(20_000)]
    texts = ["a b c", " ".join(words), " ".join(words[:9_000])]
    limit = LcsThreshold(0.7)

    assert indexed(texts).above(" ".join(words[:15_000]), limit) == ("1", 2 * 15_000 / 35_000)
    assert indexed(texts).above(" ".join(words[::-1]), limit) is None


def test_texts_without_tokens_score_zero() -> None:
    index = indexed(["?!", "a b", ""])

    assert index.above("...", LcsThreshold(5e-324)) is None
    assert index.above("a b", LcsThreshold(5e-324)) == ("1", 1.0)


def test_nothing_is_above_one() -> None:
    assert indexed(["a b"]).above("a b", LcsThreshold(1.0)) is None


def test_an_empty_index_has_nothing_near() -> None:
    assert indexed([]).above("a b", LcsThreshold(0.1)) is None
    assert indexed([]).neighbors([], 3) == []


def test_an_answer_is_kept_until_a_task_is_added() -> None:
    index, limit = indexed(["a b x", "c"]), LcsThreshold(0.5)
    first = index.above("a b", limit)

    assert first is not None
    assert index.above("a b", limit) is first
    index.add(task(2, "a b"))
    assert index.above("a b", limit) == ("2", 1.0)


def test_thresholds_share_an_index() -> None:
    index = indexed(["a b c d", "a b x y"])

    assert index.above("a b x z", LcsThreshold(0.7)) == ("1", 0.75)
    assert index.above("a b x z", LcsThreshold(0.75)) is None
    assert index.above("a b x z", LcsThreshold(0.2)) == ("1", 0.75)


def test_a_large_vocabulary_is_kept_apart() -> None:
    words = [f"w{number}" for number in range(70 * 800)]  # past the surrogates, which begin at 55,296
    texts = [" ".join(words[start : start + 70]) for start in range(0, len(words), 70)]
    index = indexed(texts)

    assert [index.above(texts[place], LcsThreshold(0.01)) for place in (789, 790, 799)] == [
        (str(place), 1.0) for place in (789, 790, 799)
    ]
    assert index.neighbors(["799"], 1) == [((("0", 0.0),), 0.0)]


def test_unknown_words_are_common_with_no_text() -> None:
    index = indexed(["a " * 65, "a b"])

    assert index.above("x y", LcsThreshold(0.01)) is None
    assert index.above("a x y z", LcsThreshold(0.01)) == ("1", 1 / 3)


def test_neighbors_are_reported_by_their_ids() -> None:
    index = indexed(["a b", "a c", "a b c"])

    assert index.neighbors(["2", "0", "1"], 1) == [((("0", 0.8),), 0.8), ((), None), ((("0", 0.5),), 0.5)]
