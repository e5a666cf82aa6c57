"""Benchmark tasks planted in a stream of real instructions, and what else of real instructions is rejected."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from selfinstruct.filters.contamination import Contamination
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.seeds.superni_tasks import SuperniTasks
from selfinstruct.seeds.user_tasks import UserTasks
from selfinstruct.task import Instance

DATA = Path(__file__).parents[2].parent / "shared" / "data"
USER = DATA / "user_oriented_instructions.jsonl"
FROM_THE_BENCHMARK = ("self-instruct user-oriented", "AlpacaEval")
"""Sources that are the benchmark, or have taken it over: 252 of AlpacaEval's 805 tasks are its."""

pytestmark = [pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here"), pytest.mark.slow]


@pytest.fixture(scope="module")
def filter_():
    superni = SuperniTasks(path=DATA / "superni_tasks.zip", split="all", test_tasks=USER, per_task=100)
    return Contamination(benchmarks={"superni": superni, "user": UserTasks(path=USER)}, threshold=0.7)


@pytest.fixture(scope="module")
def stream():
    with gzip.open(DATA / "instructions_english.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if not row["source"].startswith(FROM_THE_BENCHMARK)]


def candidate(instruction, given, output):
    return Candidate(instruction=instruction, instances=(Instance(given or "", output or ""),))


def test_every_benchmark_task_in_a_stream_of_5000_real_instructions_is_found(filter_, stream):
    real = [candidate(row["instruction"], row["input"], row["output"]) for row in stream[:: len(stream) // 5000][:5000]]
    planted = []
    for part in filter_.benchmarks.values():
        for task in part.load():
            first = task.references[0]
            planted.append(candidate(task.instruction, first.input, first.outputs[0]))
            planted.append(candidate(f"{task.instruction}\n\n{first.input}", "", "Another answer."))
            planted.append(Candidate(instruction=task.instruction))
    mixed = [(one, False) for one in real]
    for place, one in enumerate(planted):
        mixed.insert(place * 6, (one, True))

    verdicts = [(one, is_planted, filter_.reject(one, Pool())) for one, is_planted in mixed]

    assert len(real) == 5000
    assert len(planted) == 3 * (252 + 24)
    assert [one for one, is_planted, reason in verdicts if is_planted and reason is None] == []
    assert sum(not is_planted and reason is not None for _, is_planted, reason in verdicts) < 15


def test_little_else_of_real_instructions_is_rejected(filter_, stream):
    found = Counter()
    for row in stream[::5]:
        reason = filter_.reject(candidate(row["instruction"], row["input"], row["output"]), Pool())
        found[reason.split(" ")[0] if reason else "passed"] += 1

    print(dict(found))
    assert found["13"] <= 10
    assert found["ROUGE-L"] / found.total() < 0.002
