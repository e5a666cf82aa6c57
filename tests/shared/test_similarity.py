"""The similarity filter against scores that the reference code recorded, and against real instructions."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from selfinstruct.filters.similarity import Similarity
from selfinstruct.filters.tokens import rouge, unicode
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def pool_of(texts: list[str]) -> Pool:
    return Pool(Task(id=text, origin="human", instruction=text) for text in texts)


def test_scores_are_those_that_the_reference_code_recorded() -> None:
    part = Similarity(threshold=0.7, tokenizer="rouge", neighbors=10**6)
    exact = rounded = 0
    for row in rows("rouge_l_reference"):
        pool = Pool(Task(id=f"text {text}", origin="human", instruction=text) for text in row["most_similar"])
        pool.add(Task(id="new", origin="instructions", instruction=row["instruction"]))
        [near] = part.measure([pool["new"]], pool)
        for text, score in near.nearest:
            recorded = row["most_similar"][text.removeprefix("text ")]
            exact += score == recorded
            rounded += score != recorded and round(score, 10) == recorded  # one source kept ten decimals

    print(f"{exact + rounded} recorded scores compared")
    assert exact + rounded == 59_888
    assert rounded == 821


def test_decisions_are_those_of_the_scores_that_the_reference_code_recorded() -> None:
    decided = ties = 0
    for row in rows("rouge_l_reference"):
        scores = list(row["most_similar"].values())
        if all(score == round(score, 10) for score in scores):
            continue  # ten decimals do not tell on which side of a threshold a score was
        pool, best = pool_of(list(row["most_similar"])), max(scores)
        for threshold in (0.5, 0.6, 0.7):
            part = Similarity(threshold=threshold, tokenizer="rouge", neighbors=0)
            near = part.nearest(Candidate(instruction=row["instruction"]), pool)
            assert (near[1] if near else None) == (best if best > threshold else None)
            decided += 1
            ties += abs(best - threshold) < 1e-12

    print(f"{decided} decisions compared with recorded scores, {ties} of them at the threshold")
    assert decided > 15_000
    assert ties > 300


def test_decisions_on_real_instructions_are_those_of_rouge_score() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    oracle = RougeScorer(["rougeL"])
    stream = [row["instruction"] for row in rows("saturating_stream")[:400]]
    part, pool, differences = Similarity(threshold=0.7, tokenizer="unicode", neighbors=10), pool_of([]), []
    for number, text in enumerate(stream):
        near = part.nearest(Candidate(instruction=text), pool)
        scores = {task.id: oracle.score(text, task.instruction)["rougeL"].fmeasure for task in pool}
        best = max(scores, key=scores.__getitem__, default=None)
        expected = (best, scores[best]) if best is not None and scores[best] > 0.7 else None
        if near != expected:
            differences.append(text)
        if not expected:
            pool.add(Task(id=str(number), origin="human", instruction=text))

    assert differences == []
    assert len(pool) < len(stream)


def test_unicode_cuts_real_ascii_instructions_as_rouge_does() -> None:
    texts = [row["instruction"] for row in rows("instructions_english")[::5]]

    assert [text for text in texts if text.isascii() and unicode(text) != rouge(text)] == []


@pytest.mark.parametrize(("language", "fewest", "most"), [("zh", 0.01, 0.06), ("ko", 0.004, 0.02)])
def test_real_instructions_without_latin_letters_are_compared(language: str, fewest: float, most: float) -> None:
    rowset = rows("instructions_nonenglish")
    texts = list(dict.fromkeys(row["instruction"] for row in rowset if row["lang"] == language))[:1500]
    part, pool = Similarity(threshold=0.7, tokenizer="unicode", neighbors=0), pool_of([])
    for text in texts:
        if part.reject(Candidate(instruction=text), pool) is None:
            pool.add(Task(id=text, origin="human", instruction=text))

    assert fewest < 1 - len(pool) / len(texts) < most
    assert all(unicode(text) for text in texts)
