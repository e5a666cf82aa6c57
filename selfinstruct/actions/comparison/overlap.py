"""The share of one run's instructions that another run has as well.

Near instructions are those that the similarity filter of the paper would have rejected: ROUGE-L above 0.7, computed
by the index of the filter.  Of a large run an even sample is compared with everything that the other has made.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.filters.lcs_threshold import Border
from selfinstruct.filters.rouge import RougeIndex
from selfinstruct.filters.tokens import unicode
from selfinstruct.storage.diversity import even
from selfinstruct.task import Task

THRESHOLD = 0.7
"""Section 2.2 of Self-Instruct."""
SAMPLE = 1000
"""The most instructions of a run that are compared with another run."""
MOST = 40
"""The most runs that are compared with each other."""


@dataclass(frozen=True)
class Overlap:
    """What share of one run's instructions another run has."""

    near: float
    identical: float


def overlaps(runs: Sequence[Reading]) -> dict[tuple[int, int], Overlap]:
    """Return how much of the first run is in the second, by the places of both."""
    made = [[task for task in run.pool if not task.is_human] for run in runs]
    places = [place for place, tasks in enumerate(made) if tasks][:MOST]
    border = Border(THRESHOLD)
    found: dict[tuple[int, int], Overlap] = {}
    for second in places:
        index = RougeIndex(unicode)
        for task in made[second]:
            index.add(task)
        texts = {task.instruction for task in made[second]}
        for first in places:
            if first != second:
                found[first, second] = overlap(even(made[first], SAMPLE), texts, index, border)
    return dict(sorted(found.items()))


def overlap(tasks: Sequence[Task], texts: set[str], index: RougeIndex, border: Border) -> Overlap:
    """Return how many of some tasks are among the texts of a run, and how many are near one of them."""
    same = [task.instruction in texts for task in tasks]
    near = [
        is_same or index.above(task.instruction, border) is not None for is_same, task in zip(same, tasks, strict=True)
    ]
    return Overlap(round(sum(near) / len(tasks), 6), round(sum(same) / len(tasks), 6))
