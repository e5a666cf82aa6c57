import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters import tokens
from selfinstruct.filters.rouge import RougeIndex, f_measures, highest
from selfinstruct.task import Task

ORACLE = RougeScorer(["rougeL"])
SHORT_TEXTS = st.lists(st.sampled_from("abcdef"), max_size=12).map(" ".join)
TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=150).map(" ".join)


def indexed(texts: list[str]) -> RougeIndex:
    index = RougeIndex(tokens.rouge)
    for number, text in enumerate(texts):
        index.add(Task(id=str(number), origin="human", instruction=text))
    return index


def oracle(text: str, texts: list[str]) -> list[float]:
    return [ORACLE.score(other, text)["rougeL"].fmeasure for other in texts]


@given(SHORT_TEXTS, st.lists(SHORT_TEXTS, max_size=8))
def test_scores_are_those_of_rouge_score_to_the_last_bit(text: str, texts: list[str]) -> None:
    assert indexed(texts).scores(text).tolist() == oracle(text, texts)


@given(TEXTS, st.lists(TEXTS, max_size=4))
def test_scores_of_long_texts_are_those_of_rouge_score_to_the_last_bit(text: str, texts: list[str]) -> None:
    assert indexed(texts).scores(text).tolist() == oracle(text, texts)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 128])
def test_a_copy_scores_one_at_every_length(length: int) -> None:
    text = " ".join(str(number % 50) for number in range(length))

    assert indexed([text, "x"]).scores(text).tolist() == [1.0, 0.0]


def test_lengths_do_not_matter_to_the_last_bit_of_the_arithmetic() -> None:
    shapes = [(c, m, n) for m in range(1, 40) for n in range(1, 40) for c in range(min(m, n) + 1)]

    ours = [f_measures(np.array([c]), m, np.array([n]))[0] for c, m, n in shapes]

    assert ours == [2 * (c / m) * (c / n) / (c / m + c / n) if c else 0.0 for c, m, n in shapes]


def test_texts_without_tokens_score_zero() -> None:
    index = indexed(["?!", "a b", ""])

    assert index.scores("...").tolist() == [0.0, 0.0, 0.0]
    assert index.scores("a b").tolist() == [0.0, 1.0, 0.0]


def test_an_empty_index_gives_no_scores() -> None:
    assert indexed([]).scores("a b").tolist() == []


def test_a_text_is_compared_once_until_a_task_is_added() -> None:
    index = indexed(["a b", "c"])
    first = index.scores("a b")

    assert index.scores("a b") is first
    index.add(Task(id="new", origin="human", instruction="a b"))
    assert index.scores("a b").tolist() == [1.0, 0.0, 1.0]


def test_a_large_vocabulary_of_long_texts_is_kept_apart() -> None:
    words = [f"w{number}" for number in range(70 * 800)]  # past the surrogates, which begin at 55,296
    texts = [" ".join(words[start : start + 70]) for start in range(0, len(words), 70)]

    scores = indexed(texts).scores(" ".join(words[-70:]))

    assert scores[-1] == 1.0
    assert not scores[:-1].any()


def test_unknown_words_are_common_with_no_long_text() -> None:
    index = indexed(["a " * 65])

    assert index.scores("b c").tolist() == [0.0]
    assert index.scores("b " * 70).tolist() == [0.0]


@pytest.mark.parametrize(
    ("scores", "count", "places"),
    [
        ([0.1, 0.5, 0.3], 2, [1, 2]),
        ([0.5, 0.1, 0.5, 0.5], 2, [0, 2]),
        ([0.0, 0.0, 0.2, 0.0], 3, [2, 0, 1]),
        ([0.1, 0.2], 10, [1, 0]),
        ([0.1, 0.2], 2, [1, 0]),
    ],
)
def test_the_highest_come_first_and_the_earlier_of_equals(scores: list[float], count: int, places: list[int]) -> None:
    assert highest(np.array(scores), count) == places
