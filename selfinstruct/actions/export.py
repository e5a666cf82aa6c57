"""Write the pool as a dataset: `dataset/`, one file or more a format, and a card that says what it is.

Each file is written beside its place and moved there when it is on disk as a whole, so that an export that is cut short
never leaves half a dataset under the name of a whole one.

Nothing is written outside `dataset/`: a run folder may come from somebody else, with links in it, and a format may be
one of the user's own.  Names in the card are text, whatever they hold.
"""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import RunFolderError
from selfinstruct.folder import replace_text
from selfinstruct.journal import line
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.summary import authors
from selfinstruct.task import HUMAN, OFFLINE

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct.run import Run

CARD = "README.md"
FILE_NAME = re.compile(r"[\w-][\w.-]*\.jsonl", re.ASCII)
NOTE = (
    "**This text was written by `offline`, a small grammar that stands in for a model so that the program can be tried,"
    " tested and taught without one. It is no language model's work and no data to train on.**"
)

CONVERTED = "**No model wrote any of this: it is annotated data put into words, and the licence of that data holds.**"


@part
class Export:
    """Writes the dataset in every format of the run."""

    @property
    def asks(self) -> bool:
        """It does not: what it writes was made before."""
        return False

    @property
    def is_apart(self) -> bool:
        """It works on the pool."""
        return False

    def problems(self, run: "Run") -> list[str]:
        """A run without formats has nothing to export, and one that cannot have a `dataset/` no place for it."""
        problems = [] if run.formats else ["formats: export has nothing to write. Set formats=[self_instruct]."]
        return [*problems, *misplaced(run.start.folder / "dataset")]

    def __call__(self, run: "Run") -> None:
        """Write every format, and the card; raises RunFolderError where nothing was generated yet."""
        if not is_made(run.pool):
            raise RunFolderError(f"{run.start.folder} holds no tasks to export. Generate some first.")
        folder = run.start.folder / "dataset"
        if wrong := misplaced(folder):
            raise RunFolderError(*wrong)
        folder.mkdir(exist_ok=True)
        counts: dict[str, int] = {}
        for key, format_ in run.formats.items():
            for name, rows in format_.files(run.pool, run.random_seed):
                if not FILE_NAME.fullmatch(name) or name in counts:
                    what = "another format's" if name in counts else "no name of a JSONL file"
                    raise RunFolderError(f"formats.{key}: {name!r} is {what}.")
                counts[name] = write(folder / name, rows)
        (folder / f"{CARD}.part").unlink(missing_ok=True)  # a link there would be followed
        replace_text(folder / CARD, card(run, counts))


def is_made(pool: Pool) -> bool:
    """Whether a pool holds more than seeds."""
    return any(not task.is_human for task in pool)


def misplaced(folder: "Path") -> list[str]:
    """What keeps a folder from being one of the run's own."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return [f"{folder} is a link or a file; what is exported stays in the run folder. Remove it."]
    return []


def write(path: "Path", rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as JSONL, whole or not at all; how many there were."""
    count = 0
    part_path = path.with_name(path.name + ".part")
    part_path.unlink(missing_ok=True)
    with part_path.open("x", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(line(row))
            count += 1
        file.flush()
        os.fsync(file.fileno())
    os.replace(part_path, path)
    return count


def card(run: "Run", counts: dict[str, int]) -> str:
    """What the dataset is, where it comes from, and how many rows each file has."""
    models = authors(run.pool)
    files = "\n".join(f"| `{name}` | {count:,} |" for name, count in counts.items())
    note = f"{NOTE}\n\n" if OFFLINE in models else ""
    origin = f"Grown by `selfinstruct` from {len(run.pool.of(HUMAN)):,} human-written seed tasks"
    if not models:
        note = f"{CONVERTED}\n\n"
        origin = "Converted by `selfinstruct`"
    return (
        f"# {literal(run.start.recipe)}{' by ' if models else ''}{', '.join(map(literal, models))}\n\n{note}"
        f"{origin}"
        f" with the recipe {literal(run.start.recipe)}; the config lies in `../config.json`, the figures in"
        f" `../summary.json`.\n\n| file | rows |\n|---|---|\n{files}\n"
    )


def literal(name: str) -> str:
    """A name that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*\[\]<>|&~!#])", r"\\\1", " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", name).split()))
