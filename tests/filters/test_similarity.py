import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters import Filter, Measuring
from selfinstruct.filters.similarity import Nearness, Similarity
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

ORACLE = RougeScorer(["rougeL"])
TEXTS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=20).map(" ".join)
TIES = [  # common tokens, and the lengths of both texts: F is exactly 0.7
    (common, m, n)
    for m in range(1, 41)
    for n in range(m, 41)
    for common in range(1, m + 1)
    if 20 * common == 7 * (m + n)
]


def similarity(
    threshold: float = 0.7, tokenizer: Literal["rouge", "unicode"] = "unicode", neighbours: int = 10
) -> Similarity:
    return Similarity(threshold=threshold, tokenizer=tokenizer, neighbours=neighbours)


def pool_of(*texts: str) -> Pool:
    return Pool(Task(id=f"seed_{number}", origin="human", instruction=text) for number, text in enumerate(texts))


def candidate(text: str) -> Candidate:
    return Candidate(instruction=text)


def pair(common: int, m: int, n: int) -> tuple[str, str]:
    """Two texts of m and n tokens, of which the first ones are common."""
    same = [f"same{number}" for number in range(common)]
    return (
        " ".join(same + [f"left{number}" for number in range(m - common)]),
        " ".join(same + [f"right{number}" for number in range(n - common)]),
    )


def test_is_a_filter_that_measures() -> None:
    assert isinstance(similarity(), Filter)
    assert isinstance(similarity(), Measuring)


def test_a_copy_is_rejected_with_score_and_task() -> None:
    pool = pool_of("Name a river in Asia.", "Tell me a joke about cats.")

    assert similarity().reject(candidate("tell me a JOKE about cats"), pool) == "ROUGE-L 1.0000 with seed_1"


def test_the_nearest_task_is_named_and_the_first_of_equals() -> None:
    pool = pool_of("a b c x", "a b c d", "a b c d")

    assert similarity().reject(candidate("a b c d"), pool) == "ROUGE-L 1.0000 with seed_1"


def test_something_new_passes() -> None:
    assert similarity().reject(candidate("Explain photosynthesis to a child."), pool_of("Name a river.")) is None


def test_an_empty_pool_lets_everything_pass() -> None:
    assert similarity().reject(candidate("Name a river."), Pool()) is None


def test_a_task_added_later_counts() -> None:
    pool, part = pool_of("Name a river in Asia."), similarity()
    text = candidate("Tell me a joke about cats.")

    assert part.reject(text, pool) is None
    pool.add(Task(id="new", origin="instructions", instruction=text.instruction))
    assert part.reject(text, pool) == "ROUGE-L 1.0000 with new"


@pytest.mark.parametrize(("common", "m", "n"), TIES)
def test_at_exactly_the_threshold_the_decision_is_that_of_rouge_score(common: int, m: int, n: int) -> None:
    left, right = pair(common, m, n)

    rejected = similarity().reject(candidate(left), pool_of(right)) is not None

    assert rejected == (ORACLE.score(right, left)["rougeL"].fmeasure > 0.7)


@pytest.mark.parametrize(
    ("shape", "rejected"), [((7, 10, 10), False), ((7, 7, 13), True), ((7, 8, 12), True), ((7, 9, 11), True)]
)
def test_ties_fall_on_both_sides_of_the_threshold(shape: tuple[int, int, int], rejected: bool) -> None:
    left, right = pair(*shape)

    assert (similarity().reject(candidate(left), pool_of(right)) is not None) is rejected


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=5), st.floats(0, 1, exclude_min=True))
def test_decisions_are_those_of_rouge_score_at_any_threshold(text: str, others: list[str], threshold: float) -> None:
    best = max(ORACLE.score(other, text)["rougeL"].fmeasure for other in others)

    rejected = similarity(threshold).reject(candidate(text), pool_of(*others)) is not None

    assert rejected == (best > threshold)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_a_threshold_that_is_a_score_lets_that_score_pass(text: str, others: list[str], data: st.DataObject) -> None:
    scores = [ORACLE.score(other, text)["rougeL"].fmeasure for other in others]
    threshold = data.draw(st.sampled_from([*(score for score in scores if score), 1.0]))

    rejected = similarity(threshold).reject(candidate(text), pool_of(*others)) is not None

    assert rejected == (max(scores) > threshold)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=15), st.integers(1, 12))
def test_neighbours_and_mean_are_those_of_rouge_score(text: str, others: list[str], neighbours: int) -> None:
    scores = [ORACLE.score(other, text)["rougeL"].fmeasure for other in others]
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[:neighbours]

    near = similarity(neighbours=neighbours).measure(candidate(text), pool_of(*others))

    assert near.nearest == tuple((f"seed_{place}", scores[place]) for place in order)
    assert near.average == math.fsum(scores) / len(scores)


def test_neighbours_are_plain_numbers() -> None:
    near = similarity().measure(candidate("a b"), pool_of("a c"))

    assert type(near.nearest[0][1]) is float
    assert type(near.average) is float


def test_no_neighbours_are_measured_when_none_are_wanted() -> None:
    assert similarity(neighbours=0).measure(candidate("a b"), pool_of("a b")) == Nearness((), None)


def test_an_empty_pool_has_no_neighbours() -> None:
    assert similarity().measure(candidate("a b"), Pool()) == Nearness((), None)


@pytest.mark.parametrize("text", ["", "?!", "🎉"])
def test_a_text_without_tokens_resembles_nothing_not_even_itself(text: str) -> None:
    pool = pool_of(text, "a b")

    assert similarity().reject(candidate(text), pool) is None
    assert similarity().measure(candidate(text), pool) == Nearness((("seed_0", 0.0), ("seed_1", 0.0)), 0.0)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("请把下面的句子翻译成英文。", "请把下面的句子翻译成法文。"),
        ("다음 문장을 영어로 번역하세요.", "다음 문장을 영어로 번역하세요!"),
        ("次の文章を英語に翻訳してください。", "次の文を英語に翻訳してください。"),
        ("Переведи это предложение на французский.", "переведи это предложение на французский"),
    ],
)
def test_unicode_finds_near_copies_where_rouge_sees_nothing(text: str, other: str) -> None:
    assert similarity().reject(candidate(text), pool_of(other)) is not None
    assert similarity(tokenizer="rouge").reject(candidate(text), pool_of(other)) is None


def test_each_tokenizer_has_an_index_of_its_own() -> None:
    pool = pool_of("caf", "x")

    assert similarity(tokenizer="rouge").reject(candidate("café"), pool) == "ROUGE-L 1.0000 with seed_0"
    assert similarity(tokenizer="unicode").reject(candidate("café"), pool) is None


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, 7])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError, match="threshold"):
        similarity(threshold)


def test_an_unknown_tokenizer_is_refused() -> None:
    with pytest.raises(ValidationError, match="tokenizer"):
        similarity(tokenizer="words")  # type: ignore[arg-type]
