"""Write the pool as a dataset: `dataset/`, one file or more a format, and a card that says what it is.

Each file is written beside its place and moved there when it is on disk as a whole, so that an export that is cut short
never leaves half a dataset under the name of a whole one.

Nothing is written outside `dataset/`: a run folder may come from somebody else, with links in it, and a format may be
one of the user's own.  Names in the card are text, whatever they hold.

A format whose every row is a file of its own gets a zip.  Its files are numbered, so that no name can be made of what a
task holds, and they are stored as they are: what a compressor makes of them differs from one zlib to the next.
"""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, ClassVar

from selfinstruct.errors import RunFolderError
from selfinstruct.folder import replace_text, unwritable
from selfinstruct.journal import line
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.summary import authors, seed_writers
from selfinstruct.task import HUMAN, OFFLINE, UNKNOWN
from selfinstruct.zips import FIRST_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct.run import Run

CARD = "README.md"
FILE_NAME = re.compile(r"[\w-][\w.-]*\.(jsonl|zip)", re.ASCII)
NOTE = (
    "**This text was written by `offline`, a small grammar that stands in for a model so that the program can be tried,"
    " tested and taught without one. It is no language model's work and no data to train on.**"
)

CONVERTED = "**No model wrote any of this: it is annotated data put into words, and the licence of that data holds.**"


@part
class Export:
    """Writes the dataset in every format of the run."""

    asks: ClassVar[bool] = False
    """It does not: what it writes was made before."""
    is_apart: ClassVar[bool] = False
    """It works on the pool."""

    def problems(self, run: "Run") -> list[str]:
        """A run without formats has nothing to export, and one that cannot have a `dataset/` no place for it."""
        problems = [] if run.formats else ["formats: export has nothing to write. Set formats=[self_instruct]."]
        return [*problems, *misplaced(run.start.folder / "dataset")]

    def __call__(self, run: "Run") -> None:
        """Write every format, and the card; raises RunFolderError where nothing was generated yet."""
        if not is_made(run.pool):
            why = "Generate some first" if run.stopped is None else f"The run was stopped by its {run.stopped.reason}"
            raise RunFolderError(f"{run.start.folder} holds no tasks to export. {why}.")
        folder = run.start.folder / "dataset"
        if wrong := misplaced(folder):
            raise RunFolderError(*wrong)
        folder.mkdir(exist_ok=True)
        counts: dict[str, int] = {}
        for key, format_ in run.formats.items():
            for name, rows in format_.files(run.pool, run.random_seed):
                if not FILE_NAME.fullmatch(name) or name in counts:
                    what = "another format's" if name in counts else "no name of a JSONL or zip file"
                    raise RunFolderError(f"formats.{key}: {name!r} is {what}.")
                counts[name] = write(folder / name, rows)
        replace_text(folder / CARD, card(run, counts))


def is_made(pool: Pool) -> bool:
    """Whether a pool holds more than seeds as they came."""
    return any(not task.is_human or task.is_touched for task in pool)


def misplaced(folder: "Path") -> list[str]:
    """What keeps a folder from being one of the run's own."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return [f"{folder} is a link or a file; what is exported stays in the run folder. Remove it."]
    return []


def write(path: "Path", rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as JSONL, or as the files of a zip, whole or not at all; how many there were."""
    part_path = path.with_name(path.name + ".part")
    try:
        part_path.unlink(missing_ok=True)
        with part_path.open("xb") as file:
            count = (write_files if path.suffix == ".zip" else write_lines)(file, rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part_path, path)
    except OSError as error:
        raise unwritable(path, error.strerror or error) from None
    return count


def write_lines(file: IO[bytes], rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as lines; how many there were."""
    count = 0
    for row in rows:
        file.write(line(row).encode())
        count += 1
    return count


def write_files(file: IO[bytes], rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as the numbered files of a zip; how many there were.  The same rows give the same bytes."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for row in rows:
            count += 1
            entry = zipfile.ZipInfo(f"tasks/task{count:06}.json", FIRST_DAY)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as written on any system
            archive.writestr(entry, line(row).encode())
    return count


def card(run: "Run", counts: dict[str, int]) -> str:
    """What the dataset is, where it comes from, and how many rows each file has."""
    models = authors(run.pool)
    files = "\n".join(f"| `{name}` | {count:,} |" for name, count in counts.items())
    by, note, origin = f" by {', '.join(map(literal, models))}", f"{NOTE}\n\n" if OFFLINE in models else "", "Grown"
    if not models:
        by, note, origin = "", f"{CONVERTED}\n\n", "Converted"
    seeds = "" if run.pool.is_shelved else f" from {seeds_of(seed_writers(run.pool))}"
    return (
        f"# {literal(run.start.recipe)}{by}\n\n{note}{origin} by `selfinstruct`{seeds}"
        f" with the recipe {literal(run.start.recipe)}; the config lies in `../config.json`, the figures in"
        f" `../summary.json`.\n\n| file | rows |\n|---|---|\n{files}\n"
    )


def seeds_of(writers: Counter[str]) -> str:
    """How many seeds there were, and who wrote them; a person only where that is known."""
    if set(writers) <= {HUMAN}:
        return f"{writers[HUMAN]:,} human-written seed tasks"
    names = {HUMAN: "by people", UNKNOWN: "by nobody knows whom"}
    told = (f"{count:,} {names.get(name) or f'by {literal(name)}'}" for name, count in writers.items())
    return f"{writers.total():,} seed tasks ({', '.join(told)})"


def literal(name: str) -> str:
    """A name that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*\[\]<>|&~!#])", r"\\\1", " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", name).split()))
