"""Write the pool as a dataset: `dataset/`, one file or more a format, and a card that says what it is.

Each file is written under another name and renamed when it is complete.  Nothing is written outside `dataset/`: a run
folder may come from a stranger, with links in it, and a format may be the user's own.

A format whose every row is a file of its own gets a zip.  Its files are numbered, so that no name can be made of what a
task holds, and they are not compressed: what a compressor makes of them differs from one zlib to the next.
"""

import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.card.card import dataset_card
from selfinstruct.actions.card.facts import Facts, Stated
from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.storage.digests import digest_of
from selfinstruct.storage.folder import replace_text, replacing
from selfinstruct.storage.journal import line
from selfinstruct.storage.reader import no_run
from selfinstruct.text.archives import FIRST_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct.run import Run

LOG = logging.getLogger(__name__)

CARD = "README.md"
FILE_NAME = re.compile(r"[\w-][\w.-]*\.(jsonl|zip)", re.ASCII)


@part
class Export:
    """Writes the dataset in every format of the run."""

    title: str | None
    """The title of the dataset; null for recipe and models."""
    languages: list[str]
    """ISO 639-1 codes, for the card."""
    license: str | None
    """The license of the dataset, as the Hugging Face hub calls it; null for not stated."""
    seeds_license: str | None
    """The license of your own seeds; null for not stated, or for that of the seeds that come with the program."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    def problems(self, run: "Run") -> list[str]:
        """Report a run without formats, a folder without a run, and one that has no place for `dataset/`."""
        problems = [] if run.formats else ["formats: export has nothing to write. Set formats=[self_instruct]."]
        return [*problems, *no_run(run, self), *misplaced(run.start.folder / "dataset")]

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
                    what = "another format's" if name in counts else "not the name of a JSONL or zip file"
                    raise RunFolderError(f"formats.{key}: {name!r} is {what}.")
                counts[name] = write(folder / name, rows)
                if not counts[name]:
                    LOG.warning("dataset/%s has no rows: this run has made nothing that formats.%s writes.", name, key)
        hashes = {name: digest_of(folder / name) for name in counts}
        stated = Stated(self.title, [], self.languages, self.license, self.seeds_license)
        replace_text(folder / CARD, dataset_card(Facts(run, stated, counts, hashes)))


def is_made(pool: Pool) -> bool:
    """Return whether a pool holds more than unchanged seeds."""
    return any(not task.is_human or task.is_touched for task in pool)


def misplaced(folder: "Path") -> list[str]:
    """Report a link or a file in the place of a folder of the run."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return [f"{folder} is a link or a file; the dataset must stay in the run folder. Remove it."]
    return []


def write(path: "Path", rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as JSONL, or as the numbered files of a zip, whole or not at all; return their number."""
    count = 0
    with replacing(path) as file, ExitStack() as stack:
        is_zip = path.suffix == ".zip"
        archive = stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)) if is_zip else None
        for count, row in enumerate(rows, 1):
            content = line(row).encode()
            if archive is None:
                file.write(content)
                continue
            entry = zipfile.ZipInfo(f"tasks/task{count:06}.json", FIRST_DAY)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as written on any system
            archive.writestr(entry, content)
    return count
