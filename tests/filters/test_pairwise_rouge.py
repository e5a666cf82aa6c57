from random import Random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.filters.pairwise_rouge import highest, mean_of_pairs, rows
from selfinstruct.filters.tokens import rouge


def test_every_pair_scores_as_rouge_score_has_it():
    rng = Random(1)
    texts = [" ".join(rng.choices("abcdefgh", k=rng.randint(0, 12))) for _ in range(30)]
    scorer = RougeScorer(["rougeL"])
    cut = [rouge(text) for text in texts]

    found = [row.tolist() for row in rows(cut, cut)]

    assert found == [[scorer.score(one, other)["rougeL"].fmeasure for other in texts] for one in texts]


def test_the_nearest_is_never_the_text_itself():
    texts = [["a", "b"], ["a", "c"], ["x"]]

    assert highest(texts, texts, [0, 1, 2]) == [0.5, 0.5, 0.0]
    assert highest(texts, texts) == [1.0, 1.0, 1.0]


def test_nothing_is_near_where_there_is_nothing_else():
    assert highest([["a"]], []) == [0.0]
    assert highest([], [["a"]]) == []


def test_the_mean_is_over_pairs():
    assert mean_of_pairs([["a", "b"], ["a", "c"], ["x"]]) == pytest.approx(0.5 / 3)
    assert mean_of_pairs([["a"]]) is None
