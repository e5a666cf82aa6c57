"""How long the similarity filter takes, and that it decides as rouge-score does, on real instructions.

Where the real instructions do not lie beside the checkout, generated ones stand in.  Pools above their number are
recombined: two pieces of real texts with a quarter of the words exchanged.
"""

import gzip
import json
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import pytest
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from selfinstruct.filters import tokens
from selfinstruct.filters.rouge import RougeIndex
from selfinstruct.filters.similarity import Similarity
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

FILE = Path(__file__).parents[3] / "shared" / "data" / "instructions_english.jsonl.gz"
HELD_OUT = 1000
PART = "similarity"

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@cache
def texts() -> list[str]:
    """Distinct instructions in a fixed random order; the first ones are candidates, the others make pools."""
    if FILE.exists():
        with gzip.open(FILE, "rt", encoding="utf-8") as lines:
            found = list(dict.fromkeys(json.loads(line)["instruction"] for line in lines))
    else:
        chance = random.Random(3)
        words = [f"word{min(int(chance.paretovariate(0.7)), 30_000)}" for _ in range(2_000_000)]
        starts = list(islice(iter(lambda: chance.randrange(len(words) - 40), None), 112_000))
        found = [" ".join(words[start : start + chance.randint(4, 24)]) for start in starts]
    random.Random(7).shuffle(found)
    return found


def recombined(count: int) -> Iterable[str]:
    """Texts of the first halves and second halves of real ones, with a quarter of the words exchanged."""
    chance, real = random.Random(11), texts()[HELD_OUT:]
    words = [word for text in real[:20_000] for word in text.split()]
    for _ in range(count):
        one, other = chance.choice(real).split(), chance.choice(real).split()
        mixed = one[: (len(one) + 1) // 2] + other[len(other) // 2 :]
        yield " ".join(chance.choice(words) if chance.random() < 0.25 else word for word in mixed)


def source() -> str:
    return "real" if FILE.exists() else "generated"


def similarity(neighbors: int = 0, tokenizer: Literal["rouge", "unicode"] = "unicode") -> Similarity:
    return Similarity(threshold=0.7, tokenizer=tokenizer, neighbors=neighbors)


def task(number: int, text: str) -> Task:
    return Task(id=f"instructions_{number}", origin="instructions", instruction=text)


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@cache
def kept() -> tuple[list[str], float, int]:
    """The first 52,000 texts that the filter keeps, the seconds that took, and how many were judged."""
    part, pool, judged, began = similarity(), Pool(), 0, time.perf_counter()
    for text in texts()[HELD_OUT:]:
        judged += 1
        if part.reject(Candidate(instruction=text), pool) is None:
            pool.add(task(len(pool), text))
            if len(pool) == 52_000:
                break
    return [one.instruction for one in pool], time.perf_counter() - began, judged


def decisions(pool: Pool) -> list[float]:
    """The milliseconds of each decision on the candidates."""
    part = similarity()
    part.reject(Candidate(instruction="a b c"), pool)
    candidates = [Candidate(instruction=text) for text in texts()[:HELD_OUT]]
    return [1000 * timed(partial(part.reject, candidate, pool)) for candidate in candidates]


def reference(pool: list[str], repeats: int) -> list[float]:
    """The milliseconds of a decision as the reference code takes it: four processes, and each pair from its texts."""
    scorer, took = RougeScorer(["rougeL"], use_stemmer=False), []
    usual = (text for text in texts()[:HELD_OUT] if 10 <= len(tokens.rouge(text)) <= 12)  # the median is 11
    for text in islice(usual, repeats):
        began = time.perf_counter()
        with get_context("fork").Pool(4) as processes:
            scores = processes.map(partial(scorer.score, text), pool)
        max(score["rougeL"].fmeasure for score in scores)
        took.append(1000 * (time.perf_counter() - began))
    return took


@pytest.mark.parametrize(
    ("size", "repeats", "limit"),
    [(1_000, 7, None), (10_000, 3, None), (52_000, 3, 0.15), (111_000, 2, None), (1_000_000, 0, 2.5)],
)
def test_time_of_a_decision(size: int, repeats: int, limit: float | None, table) -> None:
    if size <= 52_000:
        pool, kind = kept()[0][:size], f"kept, {source()}"
    else:
        pool, kind = texts()[HELD_OUT:], source()
        if size > len(pool):
            kind = f"{len(pool):,} {source()}, the others recombined"
            pool = [*pool, *recombined(size - len(pool))]
        pool = pool[:size]
    took = decisions(Pool(task(number, text) for number, text in enumerate(pool)))
    theirs = statistics.median(reference(pool, repeats)) if repeats else None

    ours = statistics.median(took)
    table.row(
        PART,
        f"a decision, pool of {len(pool):,} ({kind}), median ms",
        ours,
        against="rouge-score, Pool(4).map" if repeats else "",
        theirs=theirs,
        ratio=f"{theirs / ours:,.0f}x" if theirs else None,
        limit=limit,
    )
    table.row(PART, f"a decision, pool of {len(pool):,} ({kind}), mean ms", statistics.mean(took))
    if size <= 10_000:
        part, known = similarity(0, "rouge"), Pool(task(number, text) for number, text in enumerate(pool))
        for text in texts()[:20]:
            is_new = max(oracle_scores(text, pool)) <= 0.7
            assert (part.reject(Candidate(instruction=text), known) is None) == is_new


def test_time_to_build_a_pool(table) -> None:
    pool, seconds, judged = kept()

    table.row(PART, f"a pool of {len(pool):,} from {judged:,} {source()} candidates, s", seconds, limit=20)
    assert len(pool) == 52_000 or not FILE.exists()


def test_time_to_build_a_pool_with_neighbors(table) -> None:
    part, pool, batch, taken = similarity(10), Pool(), [], 0.0
    for number, text in enumerate(kept()[0]):
        batch.append(task(number, text))
        pool.add(batch[-1])
        if len(batch) == 20:
            taken += timed(partial(part.measure, batch, pool))
            batch = []

    both = taken + kept()[1]
    table.row(PART, f"the same with 10 neighbors and mean of each, {len(pool):,} kept, s", both, limit=120)
    exact = similarity(10, "rouge").measure([task(number, kept()[0][number]) for number in (100, 500)], pool)
    for number, near in zip((100, 500), exact, strict=True):
        expected = sorted(oracle_scores(kept()[0][number], kept()[0][:number]), reverse=True)
        assert [score for _, score in near.nearest] == expected[:10]


def test_memory_of_the_index(table) -> None:
    pool = [task(number, text) for number, text in enumerate(kept()[0])]
    tracemalloc.start()
    index = RougeIndex(tokens.unicode)
    for one in pool:
        index.add(one)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    table.row(PART, f"the index without the texts, pool of {len(pool):,}, bytes each", size / len(pool), limit=700)
    assert len(pool) * 8 < size <= len(pool) * 700


class Remembering:
    """The default tokenizer of rouge-score, which cuts each text once."""

    def __init__(self) -> None:
        self.tokenize = cache(DefaultTokenizer(use_stemmer=False).tokenize)


@cache
def oracle() -> RougeScorer:
    return RougeScorer(["rougeL"], tokenizer=Remembering())


def oracle_scores(text: str, others: list[str]) -> list[float]:
    return [oracle().score(text, other)["rougeL"].fmeasure for other in others]


def tie(text: str, chance: random.Random) -> str | None:
    """A text whose score with this one is exactly 0.7 in exact arithmetic, if there is one near its length."""
    own = tokens.rouge(text)
    shapes = [
        (common, length)
        for length in range(4, 41)
        for common in range(1, min(length, len(own)) + 1)
        if 20 * common == 7 * (length + len(own))
    ]
    if not shapes:
        return None
    common, length = chance.choice(shapes)
    made = [own[place] for place in sorted(chance.sample(range(len(own)), common))]
    for number in range(length - common):
        made.insert(chance.randrange(len(made) + 1), f"new{number}")
    return " ".join(made)


def test_a_million_pairs_are_decided_as_by_rouge_score(table) -> None:
    chance, others = random.Random(5), texts()[HELD_OUT : HELD_OUT + 1000]
    made = [tie(text, chance) for text in others]
    candidates = [*texts()[:500], *[text for text in made if text][:600]]
    part, pool = similarity(tokenizer="rouge"), Pool(task(number, text) for number, text in enumerate(others))
    differences = nearest = ties = 0
    for text in candidates:
        scores = oracle_scores(text, others)
        best = max(scores)
        expected = (f"instructions_{scores.index(best)}", best) if best > 0.7 else None
        found = part.nearest(Candidate(instruction=text), pool)
        differences += (found is None) != (expected is None)
        nearest += found != expected
        ties += abs(best - 0.7) < 1e-12

    pairs = len(candidates) * len(others)
    table.row(PART, f"{pairs:,} pairs, {ties} of {len(candidates)} decisions at 0.7: different", differences, limit="0")
    table.row(PART, f"{pairs:,} pairs: nearest task or score different", nearest, limit="0")
    assert (differences, nearest) == (0, 0)
    assert pairs >= 1_000_000 or not FILE.exists()
    assert ties >= 100
