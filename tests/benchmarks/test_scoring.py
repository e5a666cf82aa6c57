"""The time to score the answers of the published test track, 119 tasks with 100 inputs each."""

import resource
import time
from itertools import cycle, islice
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

from selfinstruct.metrics.reference_scores import ReferenceScores
from selfinstruct.pool import Pool
from selfinstruct.seeds.superni_tasks import SuperniTasks
from selfinstruct.task import HUMAN, Instance, Reference, Task

ROOT = Path(__file__).parents[2] / "conf" / "seeds"
TASKS, INPUTS = 119, 100


def answered():
    """Return tasks of our own benchmark, with more inputs, each answered with the first output of another one."""
    path, names = ROOT / "superni", ROOT / "superni_test_tasks.txt"
    tasks = SuperniTasks(path=path, split="all", test_tasks=names, per_task=None).load()
    pool = Pool()
    for number, task in enumerate(islice(cycle(tasks), TASKS)):
        asked = [
            Reference(f"{one.input} {n}", one.outputs) for n, one in enumerate(islice(cycle(task.references), INPUTS))
        ]
        others = cycle([*task.references[1:], task.references[0]])
        answers = tuple(Instance(one.input, other.outputs[0]) for one, other in zip(asked, others, strict=False))
        name = f"{number}_{task.id}"
        made = Task(
            id=name,
            origin=HUMAN,
            instruction="x",
            attributes=task.attributes,
            instances=answers,
            references=tuple(asked),
        )
        pool.add(made)
    return pool


def test_the_published_test_track_is_scored_in_seconds(table):
    pool = answered()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    lines = ReferenceScores(benchmark="superni", group="category", tokenizer=None).lines(pool)
    ours = time.perf_counter() - began
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    began = time.perf_counter()
    total = 0.0
    for task in pool:
        for reference, pair in zip(task.references, task.instances, strict=True):
            total += max(scorer.score(text, pair.output)["rougeL"].fmeasure for text in reference.outputs)
    theirs = time.perf_counter() - began

    assert lines[0].items == TASKS * INPUTS
    assert abs(lines[0].figures["rouge_l"].value - total / (TASKS * INPUTS)) < 1e-6
    table.row(
        "Scoring 11,900 answers, seconds",
        f"all figures, lines and intervals ({megabytes:.0f} MB more memory)",
        ours,
        against="rouge-score alone",
        theirs=theirs,
        ratio=ours / theirs,
        limit="5 s, 200 MB",
    )
