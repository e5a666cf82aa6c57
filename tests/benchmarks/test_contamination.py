"""How long a dataset of 52,000 rows takes to be checked against 200,000 test items.

Where the real instructions do not lie beside the checkout, generated ones stand in.
"""

import gzip
import json
import random
import resource
import time
from pathlib import Path

import pytest

from selfinstruct.filters.benchmark_index import Texts
from selfinstruct.filters.contamination import Contamination
from selfinstruct.source.jsonl import Jsonl

FILE = Path(__file__).parents[3] / "shared" / "data" / "instructions_english.jsonl.gz"
ROWS, ITEMS, PLANTED = 52_000, 200_000, 100


def rows():
    """Return rows of instruction, input and output, in a fixed random order."""
    chance = random.Random(5)
    if FILE.exists():
        with gzip.open(FILE, "rt", encoding="utf-8") as lines:
            found = [json.loads(line) for line in lines]
        chance.shuffle(found)
        return [(row["instruction"], row["input"] or "", row["output"] or "") for row in found]
    words = [f"word{min(int(chance.paretovariate(0.7)), 30_000)}" for _ in range(1_000_000)]

    def text(length):
        start = chance.randrange(len(words) - length)
        return " ".join(words[start : start + length])

    return [(text(chance.randint(4, 24)), "", text(40)) for _ in range(112_000)]


def mixed(text, chance):
    """Return a text with its words in another order."""
    return " ".join(chance.sample(words := text.split(), len(words)))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file of items, most of them real questions in another order, and the rows to be checked."""
    found, chance = rows(), random.Random(9)
    checked, others = found[:ROWS], found[ROWS:]
    path = tmp_path_factory.mktemp("items") / "items.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(ITEMS):
            question, given, answer = others[number % len(others)]
            if number >= len(others):
                question, given, answer = (mixed(text, chance) for text in (question, given, answer))
            if number < PLANTED:
                question, given, answer = checked[number * 500]
            file.write(json.dumps({"question": question, "context": given, "answer": answer}) + "\n")
    return path, checked


def test_52000_rows_are_checked_against_200000_items_in_a_minute(data, table):
    path, checked = data
    part = Contamination(benchmarks={"items": Jsonl(path=path)}, threshold=0.7)
    before, began, worked = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    hits = [part.hit(Texts((question, given), (answer,))) for question, given, answer in checked]
    seconds, ours = time.perf_counter() - began, time.process_time() - worked
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024

    assert all(hits[number * 500] for number in range(PLANTED))
    table.row(
        "contamination, seconds of one core",
        f"{ROWS:,} rows against {ITEMS:,} items ({seconds:.0f} s in all, {megabytes:.0f} MB more memory)",
        ours,
        limit="60 s",
    )
