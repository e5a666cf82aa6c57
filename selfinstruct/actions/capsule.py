"""Write a run as a capsule: everything that others need to read, cite and re-run it, and nothing that is not theirs.

`capsule/` and `capsule.zip` hold no times, no folder names and nothing whose order depends on timing, so that the same
run gives the same bytes.  The dataset is written anew from the pool, in every format of the run.  A run that no single
command repeats is refused, and so is one whose files seem to hold a key.
"""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.card import citation
from selfinstruct.actions.card.card import card
from selfinstruct.actions.card.facts import Facts, Stated
from selfinstruct.actions.card.methods import paragraph, table
from selfinstruct.actions.export import write
from selfinstruct.actions.publication.archive import VECTORS, pack, seal
from selfinstruct.actions.publication.history import overrides_of, unrepeatable
from selfinstruct.actions.publication.portable import (
    check_words,
    command,
    named,
    needs_of,
    public,
    settled,
    settled_words,
    without_places,
)
from selfinstruct.actions.publication.ratings import copy
from selfinstruct.actions.publication.replies import write_replies
from selfinstruct.actions.publication.vectors import rows
from selfinstruct.errors import RunFolderError
from selfinstruct.model.secrets import Secrets
from selfinstruct.part import part
from selfinstruct.recipe import asking
from selfinstruct.storage import vectors
from selfinstruct.storage.differences import differences
from selfinstruct.storage.digests import digest, digest_of
from selfinstruct.storage.folder import stored_config
from selfinstruct.storage.journal import POOL, REJECTED, ROUNDS, has_rounds
from selfinstruct.storage.pool_counts import authors
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.command import program
from selfinstruct.text.secrets import SHAPE

if TYPE_CHECKING:
    from selfinstruct.run import Run

FOLDER, ZIP = "capsule", "capsule.zip"
WITHOUT = (
    "Publish that as well, and write the capsule with capsule.without_own_files=true; its card says how it is replayed."
)
INSTEAD = "Publish config.json, dataset/ and the source of the data."
REPLAY = """## Re-run it

Every reply of the model is in `capsule.zip`. With `selfinstruct`{others} installed, without a key or a network:

```console
{command}
{command} <key>=<another value>
```

The first command ends with "identical", or shows the first difference; with changed settings, the second lists the
requests that have no recorded reply. `manifest.json` has the SHA-256 of every file, `provenance.json` what the dataset
was made of, `config.json` every setting."""


@part
class Capsule:
    """Writes a run for publication."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    title: str | None
    """The title of the dataset; null for recipe and models."""
    authors: list[str]
    """Who made it, for CITATION.cff and BibTeX."""
    languages: list[str]
    """ISO 639-1 codes, for the card."""
    license: str | None
    """The license of the dataset, as the Hugging Face hub calls it; null for not stated."""
    seeds_license: str | None
    """The license of your own seeds; null for not stated, or for that of the seeds that come with the program."""
    without_own_files: bool
    """Write the capsule of a run that needs a package or config files of its author, which a capsule does not hold."""
    harmless: list[str]
    """Fingerprints of texts that look like a secret and are not."""

    def problems(self, run: "Run") -> list[str]:
        """Report a run that asks no model, a folder without a run, and a config that is not the run's."""
        if not asking(run.recipe):
            return [f"capsule: recipe={run.start.recipe} asks no model, so there are no replies to publish. {INSTEAD}"]
        if (needs := named(needs_of(run.start))) and not self.without_own_files:
            return [f"capsule: this run needs {needs}, which no capsule holds. {WITHOUT}"]
        if any(action.asks for action in run.actions.values()):
            return []
        if not has_rounds(run.start.folder):
            return [f"{run.start.folder} holds no run. Name the folder of one: hydra.run.dir=<folder>."]
        return [found.sentence for found in differences(stored_config(run.start.folder), run.start.declared)]

    def __call__(self, run: "Run") -> None:
        """Write folder and zip; raises RunFolderError for a run that cannot be published as it is."""
        if not authors(run.pool):
            raise RunFolderError(f"{run.start.folder} holds no tasks to publish. Generate some first.")
        if problem := unrepeatable(run):
            raise RunFolderError(f"{run.start.folder} cannot be a capsule: {problem}")
        folder, path = run.start.folder / FOLDER, run.start.folder / ZIP
        part_folder = folder.with_name(f"{FOLDER}.part")
        shutil.rmtree(part_folder, ignore_errors=True)
        (part_folder / "dataset").mkdir(parents=True)
        try:
            self._write(run, part_folder)
            if found := leaks(part_folder, self.harmless):
                raise RunFolderError("\n".join(["The capsule is not written, since it would hold a secret.", *found]))
            seal(part_folder)
            shutil.rmtree(folder, ignore_errors=True)
            part_folder.rename(folder)
        finally:
            shutil.rmtree(part_folder, ignore_errors=True)
        pack(folder, path)
        run.remarks.append(f"Capsule: {folder}/ and {path} ({path.stat().st_size / 1e6:,.2f} MB)")
        run.remarks.append(f"To replay it, run: {command(needs_of(run.start), program(), str(path))}")

    def _write(self, run: "Run", folder: Path) -> None:
        source, start = run.start.folder, run.start
        overrides = settled_words(overrides_of(run), start.declared, start.config)
        try:
            check_words(overrides)
        except ValueError as error:
            raise RunFolderError(f"{source} cannot be a capsule: {error}. Type its value, in a new run.") from None
        write(folder / "seeds.jsonl", (task.row() for task in RunReader(source).seeds))
        replies = write_replies(source, folder, list(run.recipe))
        dataset = {
            f"dataset/{name}": write(folder / "dataset" / name, rows)
            for format_ in run.formats.values()
            for name, rows in format_.files(run.pool, run.random_seed)
        }
        shutil.copyfile(source / ROUNDS, folder / ROUNDS)
        if (source / vectors.VECTORS).exists():
            write(folder / VECTORS, rows(source))
        run.remarks += copy(source, folder)
        hashes = {name: digest_of(folder / name) for name in dataset}
        stated = Stated(self.title, self.authors, self.languages, self.license, self.seeds_license)
        facts = Facts(run, stated, dataset, hashes, replies)
        results = {name: digest_of(source / name) for name in (POOL, REJECTED, ROUNDS)} | hashes
        needs, experiment = needs_of(start), facts.paper["experiment"] if facts.paper else ""
        config = {
            "overrides": overrides,
            "needs": needs,
            "config": without_places(settled(public(start.declared), start.config)),
            "resolved": without_places(public(start.config)),
        }
        others = f" and {named(needs)} of its authors" if named(needs) else ""
        replay = REPLAY.format(others=others, command=command(needs, "selfinstruct", "capsule.zip"))
        texts = {
            "config.json": as_json(config),
            "provenance.json": as_json(facts.provenance(digest_of(folder / "seeds.jsonl"), results)),
            "README.md": card(facts, replay),
            "methods.md": paragraph(facts) + "\n",
            "hyperparameters.tex": table(facts, start.settings_of(experiment) if experiment else {}),
            "CITATION.cff": citation.cff(facts),
            "citation.bib": citation.bibtex(facts),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def as_json(values: dict[str, Any]) -> str:
    """Return values as indented JSON."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def fingerprint(text: str) -> str:
    """Return a short hash that names a text without revealing it."""
    return digest(text.encode())[:12]


def leaks(folder: Path, harmless: list[str]) -> list[str]:
    """Return a sentence for each secret in the files of a folder, with its place and what to do about it.

    A secret is the value of a secret environment variable, or text in the shape of a known kind of key.  A model may
    write a made-up key into an example; a user who has checked it allows it by its fingerprint, which reveals nothing.
    """
    known = {text for secret in Secrets().known for text in (secret, json.dumps(secret)[1:-1])}
    places: dict[tuple[str, str], list[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open(encoding="utf-8", errors="replace") as file:  # a zip of a format, whose files are not compressed
            for number, text in enumerate(file, 1):
                found = [(secret, "the value of a secret environment variable") for secret in known if secret in text]
                found += [(match[0], "what looks like a key or a password") for match in SHAPE.finditer(text)]
                for secret, kind in found:
                    mark = fingerprint(secret), kind
                    places.setdefault(mark, []).append(f"{path.relative_to(folder).as_posix()}:{number}")
    return [
        f"{where[0]} (lines in all: {len(where):,}): {kind}. If it is not a secret, add {mark} to 'harmless'."
        for (mark, kind), where in places.items()
        if mark not in harmless
    ]
