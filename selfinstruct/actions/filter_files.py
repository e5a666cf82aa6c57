"""What filters read from files, such as benchmarks: whether it can be read, and is still what it was.

Each round records a hash of what the filters of its stage have read, so that a run is not resumed with other files.
"""

from typing import TYPE_CHECKING

from selfinstruct.filters import ReadingFilter, digest_of
from selfinstruct.recipe import Stage
from selfinstruct.storage.hashes import ROUNDS
from selfinstruct.storage.rows import rounds_of

if TYPE_CHECKING:
    from selfinstruct.run import Run

CHANGED = "The files of {keys} are not what they were when this run started. Restore them, or start a new run."


def filter_problems(run: "Run") -> list[str]:
    """Report what is wrong with the files that filters read, and files that have changed since the run started."""
    filters = (filter_ for stage in run.recipe.values() for filter_ in stage.filters.values())
    problems = [text for filter_ in filters if isinstance(filter_, ReadingFilter) for text in filter_.problems()]
    return problems or changed(run)


def changed(run: "Run") -> list[str]:
    """Return a sentence for each stage with rounds whose filters now read something else than they did then."""
    read = {name: digest for name, stage in run.recipe.items() if (digest := digest_of(stage.filters)) is not None}
    rounds = rounds_of(run.start.folder / ROUNDS) if read else []
    before = {row["stage"]: row.get("filter_files") for row in rounds}
    return [
        CHANGED.format(keys=" and ".join(keys_of(name, run.recipe[name])))
        for name, digest in read.items()
        if before.get(name) not in (digest, None)
    ]


def keys_of(name: str, stage: Stage) -> list[str]:
    """Return the keys of the filters of a stage that read files."""
    return [f"recipe.{name}.filters.{key}" for key, one in stage.filters.items() if isinstance(one, ReadingFilter)]
