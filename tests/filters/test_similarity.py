import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters import Filter, NeighborFilter, Neighbors, tokens
from selfinstruct.filters.similarity import Similarity
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

ORACLE = RougeScorer(["rougeL"])
TEXTS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=20).map(" ".join)
MIXED = st.lists(st.sampled_from([*"翻译句子", "ab ", "Ab ", "каф ", "é "]), max_size=20).map("".join)
TIES = [  # common tokens, and the lengths of both texts: F is exactly 0.7
    (common, m, n)
    for m in range(1, 41)
    for n in range(m, 41)
    for common in range(1, m + 1)
    if 20 * common == 7 * (m + n)
]


def similarity(
    threshold: float = 0.7, tokenizer: Literal["rouge", "unicode"] = "unicode", neighbors: int = 10
) -> Similarity:
    return Similarity(threshold=threshold, tokenizer=tokenizer, neighbors=neighbors)


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


def plain_score(one: list[str], other: list[str]) -> float:
    """ROUGE-L by the table of all prefixes."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, left in enumerate(one):
        for j, right in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
    if not table[-1][-1]:
        return 0.0
    precision, recall = table[-1][-1] / len(other), table[-1][-1] / len(one)
    return 2 * precision * recall / (precision + recall)


def test_is_a_filter_that_measures() -> None:
    assert isinstance(similarity(), Filter)
    assert isinstance(similarity(), NeighborFilter)


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


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=8), st.floats(0, 1, exclude_min=True))
def test_the_nearest_of_a_rejected_candidate_is_that_of_rouge_score(
    text: str, others: list[str], threshold: float
) -> None:
    scores = [ORACLE.score(text, other)["rougeL"].fmeasure for other in others]
    best = scores.index(max(scores))
    part, pool = similarity(threshold), pool_of(*others)

    reason, near = part.reject(candidate(text), pool), part.nearest(candidate(text), pool)

    assert near == ((f"seed_{best}", scores[best]) if scores[best] > threshold else None)
    assert reason == (f"ROUGE-L {scores[best]:.4f} with seed_{best}" if near else None)


@given(MIXED, st.lists(MIXED, min_size=1, max_size=8), st.floats(0, 1, exclude_min=True))
def test_unicode_tokens_are_compared_as_a_plain_table_does(text: str, others: list[str], threshold: float) -> None:
    scores = [plain_score(tokens.unicode(text), tokens.unicode(other)) for other in others]
    best = scores.index(max(scores))
    part, pool = similarity(threshold), pool_of(*others, text)

    near = part.measure([pool[f"seed_{len(others)}"]], pool)[0]

    expected = (f"seed_{best}", scores[best]) if scores[best] > threshold else None
    assert part.nearest(candidate(text), pool_of(*others)) == expected
    assert near.nearest[0] == (f"seed_{best}", scores[best])
    assert near.average == math.fsum(scores) / len(scores)


@given(st.lists(TEXTS | st.just("?!"), min_size=1, max_size=12), st.integers(1, 12))
def test_neighbors_and_mean_are_those_of_rouge_score(texts: list[str], neighbors: int) -> None:
    pool = pool_of(*texts)

    found = similarity(neighbors=neighbors).measure(list(pool), pool)

    for place, near in enumerate(found):
        scores = [ORACLE.score(texts[place], other)["rougeL"].fmeasure for other in texts[:place]]
        order = sorted(range(place), key=lambda other: -scores[other])[:neighbors]
        assert near.nearest == tuple((f"seed_{other}", scores[other]) for other in order)
        assert near.average == (math.fsum(scores) / place if place else None)


def test_a_task_is_measured_with_those_that_entered_before_it() -> None:
    pool, part = pool_of("a b", "a c"), similarity()
    first, second = pool

    assert part.measure([first, second], pool) == [Neighbors(), Neighbors((("seed_0", 0.5),), 0.5)]
    pool.add(Task(id="new", origin="instructions", instruction="a c"))
    assert part.measure([second], pool) == [Neighbors((("seed_0", 0.5),), 0.5)]


def test_neighbors_are_plain_numbers() -> None:
    pool = pool_of("a c", "a b")
    near = similarity().measure(list(pool), pool)[1]

    assert type(near.nearest[0][1]) is float
    assert type(near.average) is float


def test_no_neighbors_are_measured_when_none_are_wanted() -> None:
    pool = pool_of("a b", "a b")

    assert similarity(neighbors=0).measure(list(pool), pool) == [Neighbors((), None)] * 2


def test_nothing_is_measured_where_nothing_was_kept() -> None:
    assert similarity().measure([], Pool()) == []


def test_a_candidate_that_passes_has_no_nearest_task() -> None:
    assert similarity().nearest(candidate("a b"), pool_of("a c")) is None
    assert similarity().nearest(candidate("a b"), Pool()) is None


def test_a_threshold_of_one_lets_copies_pass() -> None:
    assert similarity(1.0).reject(candidate("a b c"), pool_of("a b c")) is None


def test_filters_with_two_thresholds_share_a_pool() -> None:
    pool, text = pool_of("a b c x"), candidate("a b c y")

    assert similarity(0.7).reject(text, pool) == "ROUGE-L 0.7500 with seed_0"
    assert similarity(0.8).reject(text, pool) is None
    assert similarity(0.7).nearest(text, pool) == ("seed_0", 0.75)


@pytest.mark.parametrize("text", ["", "?!", "🎉"])
def test_a_text_without_tokens_resembles_nothing_not_even_itself(text: str) -> None:
    pool = pool_of(text, "a b", text)

    assert similarity().reject(candidate(text), pool) is None
    assert similarity().measure(list(pool), pool)[2] == Neighbors((("seed_0", 0.0), ("seed_1", 0.0)), 0.0)


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
