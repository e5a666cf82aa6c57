"""The share of one run's instructions that another run has as well.

Near instructions are those that the similarity filter of the paper would have rejected.  Of a large run an even sample
is compared with everything that the other has made.
"""

from collections.abc import Sequence
from typing import NamedTuple

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.rouge import RougeIndex
from selfinstruct.filters.tokens import unicode
from selfinstruct.storage.diversity import even

THRESHOLD = 0.7
"""ROUGE-L above which instructions are near (section 2.2 of Self-Instruct)."""
SAMPLE = 1000
"""The most instructions of a run that are compared with another run."""
MOST = 40
"""The most runs that are compared with each other."""


class Overlap(NamedTuple):
    """What share of one run's instructions another run has."""

    near: float
    identical: float


def overlaps(runs: Sequence[Reading]) -> dict[tuple[str, str], Overlap]:
    """Return how much of the first run is in the second, by the labels of both."""
    made = {run.label: tasks for run in runs if (tasks := run.made)}
    labels = list(made)[:MOST]
    threshold = LcsThreshold(THRESHOLD)
    found: dict[tuple[str, str], Overlap] = {}
    for second in labels:
        index = RougeIndex(unicode)
        for task in made[second]:
            index.add(task)
        known = {task.instruction for task in made[second]}
        for first in labels:
            if first != second:
                texts = [task.instruction for task in even(made[first], SAMPLE)]
                same = [text in known for text in texts]
                near = [text in known or index.above(text, threshold) is not None for text in texts]
                shares = (round(sum(one) / len(texts), 6) for one in (near, same))
                found[first, second] = Overlap(*shares)
    return found
