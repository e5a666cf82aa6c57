"""What a reader must know before using a dataset: who wrote it, and its licenses; the card and the pages say it.

Nothing is guessed: what only the author knows is called not stated.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN
from selfinstruct.text.places import file_name

OWN_SEEDS = "${conf:seeds/"
"""How the paths of the seeds begin that come with the program."""
OWN_LICENSE = "Apache-2.0"
NOT_STATED = "not stated"
STAND_IN = (
    "This text was written by {name}, which stands in for a model so that the program can be tried and taught"
    " without one. It is not a language model's work. Do not train on it."
)
"""What is said first of text by a stand-in for a model."""
CONVERTED = "No model wrote any of this: it is annotated data put into words, and the license of that data holds."


def is_shipped(seeds: Mapping[str, Any]) -> bool:
    """Return whether seeds, as the config declares them, are those that come with the program."""
    return str(seeds.get("path")).startswith(OWN_SEEDS)


def license_of(seeds: Mapping[str, Any], stated: str | None) -> str:
    """Return the license of the seeds, where it is known."""
    return stated or (OWN_LICENSE if is_shipped(seeds) else NOT_STATED)


def origin_of(seeds: Mapping[str, Any], writers: Iterable[str]) -> str:
    """Return where the seeds come from, as far as the config says."""
    if is_shipped(seeds):
        return "the seed tasks that come with selfinstruct, written for it"
    whose = " of the run's author" if {*writers} <= {HUMAN} else ", not all of them a person's work"
    return f"seed tasks{whose} ({file_name(seeds.get('path', NOT_STATED))})"


def seed_writers(pool: Pool) -> Counter[str]:
    """Count the seeds by who wrote them: `human`, models, or `unknown`; none of what is on a shelf is a seed."""
    found = () if pool.is_shelved else pool
    return Counter(" and ".join(task.writers) or HUMAN for task in found if task.is_human)


def cautions(tasks: Mapping[str, Any], license: str | None, seeds: str | None) -> Iterator[str]:
    """Yield what a user of the data must not expect of it, and its licenses; `seeds` says that of the seeds."""
    yield "No person has checked it: filters reject forms and repetitions, not errors of fact."
    yield "It has the errors and the biases of the model or of the annotated data that it was made from."
    if lacking := tasks["made"] - tasks["with_instances"]:
        yield f"{lacking:,} of {tasks['made']:,} tasks have no instance."
    yield f"License of the dataset: {license or NOT_STATED}. The terms of its sources may limit it."
    if seeds:
        yield f"License of the seeds: {seeds}"
