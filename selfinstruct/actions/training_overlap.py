"""Which references of a benchmark stand in the data that a model was trained on.

A run of thirteen words is no coincidence (`selfinstruct.filters.word_runs`).  A shorter reference is looked for whole,
together with its input, since "yes" stands everywhere.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from selfinstruct.filters.tokens import unicode
from selfinstruct.filters.word_runs import LENGTH
from selfinstruct.pool import Pool

ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\\\"/bfnrt]))")
"""A character as JSON may write it."""


def overlaps(pool: Pool, training_data: Sequence[Path]) -> list[str]:
    """Return the ids of the items of which a run of words stands in the training data."""
    if not training_data:
        return []
    sought: dict[str, set[str]] = {}
    for task in pool:
        for number, reference in enumerate(task.references):
            for output in reference.outputs:
                text = output if len(unicode(output)) >= LENGTH else f"{reference.input} {output}"
                for run in runs(unicode(text)):
                    sought.setdefault(run, set()).add(f"{task.id}-{number}")
    found: dict[str, None] = {}
    for path in training_data:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                for run in runs(unicode(plain(line))):
                    found |= dict.fromkeys(sorted(sought.get(run, ())))
    return list(found)


def plain(line: str) -> str:
    """Return a line of JSON with its words as they are, and a space for quotes and line ends within a text."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", line)


def runs(found: Sequence[str]) -> Iterator[str]:
    """Yield every run of thirteen words; of fewer than that, none."""
    return (" ".join(found[start : start + LENGTH]) for start in range(len(found) - LENGTH + 1))
