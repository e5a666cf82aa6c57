"""Judge the stored candidates of a finished run by other filters, without asking a model.

The rounds of the run are made again in their order, and an ordinary run folder is written.  By the run's own settings
that gives the run's own bytes.  By others it gives what the filters make of these candidates, and not what a run would
have come to: from the first round whose prompts would have shown other tasks, a run would have received other replies.
That round is reported.

Filters that compare vectors have those of the run; their embedder is asked for what is lacking.

What shapes a prompt must be as it was, or the stored replies would be answers to something else.  Filters, parsers and
targets may differ.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.embedding import embedder_problems, embedders
from selfinstruct.actions.filter_files import filter_problems
from selfinstruct.actions.refilter.rerun import Reannotating, Rerun
from selfinstruct.errors import RunFolderError
from selfinstruct.filters import digest_of
from selfinstruct.part import part
from selfinstruct.recipe import asking
from selfinstruct.recipe.grow import Grow
from selfinstruct.storage.differences import ABSENT, Difference, compared, is_off
from selfinstruct.storage.folder import replace_text, stored_overrides
from selfinstruct.storage.reader import NOT_STORED, STORE, RunReader
from selfinstruct.storage.remedies import unwritable
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import stop_reason
from selfinstruct.storage.vectors import VECTORS

if TYPE_CHECKING:
    from selfinstruct.run import Run


FREE = re.compile(
    r"recipe\.\w+\.(filters(\..*)?|until|generations|metrics(\..*)?|saturation(\..*)?|prompt\.parser(\..*)?)"
)
"""The keys that may differ; `model` is not compared, since no model is asked."""
IGNORED = re.compile(r"recipe\.\w+\.model(\..*)?")


@part
class Refilter:
    """Makes the rounds of another run again, with the filters of this config."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    run: Path | None
    """The folder of the run whose candidates are judged again."""

    def problems(self, run: "Run") -> list[str]:
        """Return what is wrong: no folder, one without a run, or a config that would have asked something else."""
        if not asking(run.recipe):
            return [f"refilter: recipe={run.start.recipe} asks no model, so there are no replies. Run it once more."]
        if self.run is None:
            return ["refilter.run must be set: refilter.run=<the folder of a run>."]
        if self.run.resolve() == run.start.folder.resolve():
            return ["refilter.run is the run's own folder. Leave hydra.run.dir out, or name a new one."]
        try:
            record = RunReader(self.run)
            with record.replies() as replies:
                if replies.lack_samples():
                    return [f"refilter.run={self.run}: {NOT_STORED.format(store=self.run / STORE)}"]
        except RunFolderError as error:
            return [str(error)]
        by_generations = [
            f"recipe.{name} has generations, each of which shows what became of the one before. Refilter cannot make "
            "such rounds again; run the recipe with other filters, and model.store to pay for no reply twice."
            for name, stage in run.recipe.items()
            if isinstance(stage, Grow) and stage.generations is not None
        ]
        return by_generations or filter_problems(run) + embedder_problems(run) + [
            f"{found.text}; it shapes the prompts, and refilter asks no model. Restore it."
            for found in changes(record.config, run.start.declared)[1]
        ]

    def __call__(self, run: "Run") -> None:
        """Write the folder and print what came of it; raises RunFolderError where the folder holds a run already."""
        assert self.run is not None
        if run.journal.rounds:
            raise RunFolderError(f"{run.start.folder} holds a run already. Refilter writes into a new folder.")
        record = RunReader(self.run)
        introduce(run, record)
        run.begin(record.seeds)
        copy_replies(record, run.start.folder)
        with ExitStack() as sessions:
            clients = embedders(run.recipe, run.start.folder, sessions)
            rerun = Rerun(record, run.recipe, run.random_seed, run.pool, clients)
            for round_ in rerun.rounds():
                run.log(replace(round_, filter_files=digest_of(run.recipe[round_.stage].filters)))
        keep_end(run, self.run)
        for text in [*(f"{found.text}." for found in changes(record.config, run.start.declared)[0]), *findings(rerun)]:
            sys.stdout.write(f"{text}\n")


def keep_end(run: "Run", folder: Path) -> None:
    """Store how the rounds ended: the summary of a run that asks no model repeats how its pool was made."""
    by_stage = {stage: run.journal.of(stage) for stage in run.recipe}
    ended = {"completed": True, "stop_reason": f"refiltered from {folder}; {stop_reason(by_stage)}"}
    replace_text(run.start.folder / "summary.json", json.dumps(ended) + "\n")


def findings(rerun: Rerun) -> Iterator[str]:
    """Yield what the filters made of the candidates, and where a real run would have differed."""
    before = sum(not task.is_human for task in rerun.old)
    now = sum(not task.is_human for task in rerun.new)
    both = len(rerun.ids) - len(rerun.record.seeds)
    yield f"Kept {now:,} tasks; the run kept {before:,}, and {both:,} are in both."
    then, now = (sum(task.is_rejected for task in pool) for pool in (rerun.old, rerun.new))
    if then or now:
        yield f"The verdicts of judges keep {now:,} of them out of the dataset; in the run they kept out {then:,}."
    for stage, number in rerun.first_other.items():
        yield f"{stage}: from round {number} on, a real run would have sampled different tasks."
    if not rerun.first_other:
        yield "Every round shows the tasks that a real run would have shown."
    for stage, annotating in rerun.stages.items():
        if isinstance(annotating, Reannotating):
            lost = annotating.without
            lacking = sum(known not in lost for known in annotating.lacking_tasks())
            if lacking:
                yield f"{stage}: tasks that the run never asked about, and that lack it: {lacking:,}."
            if lost:
                yield f"{stage}: tasks of which no stored reply passes, so that a run would ask again: {len(lost):,}."


def introduce(run: "Run", record: RunReader) -> None:
    """Give the run the random seed, config and overrides of the recorded run, so that it can be resumed as such."""
    run.random_seed = record.config.get("random_seed", run.random_seed)
    given = {key_of(word) for word in run.start.overrides}
    kept = [word for word in stored_overrides(record.folder) if key_of(word) not in given]
    own = [word for word in run.start.overrides if not key_of(word).startswith(("refilter", "actions"))]
    declared = {**record.config, "recipe": run.start.declared["recipe"]}
    run.start = replace(run.start, declared=declared, overrides=(*kept, *own))


def key_of(word: str) -> str:
    """Return the key of an override."""
    return word.lstrip("+~").partition("=")[0]


def copy_replies(record: RunReader, folder: Path) -> None:
    """Copy every reply and vector, so that the new folder is whole, and resuming it pays for no stored reply again.

    Raises RunFolderError where they cannot be written.
    """
    for name in (STORE, VECTORS) if (record.folder / VECTORS).exists() else (STORE,):
        with reading(record.folder / name) as source:
            try:
                with closing(sqlite3.connect(folder / name)) as target:
                    source.backup(target)
            except sqlite3.Error as error:
                raise unwritable(folder / name, error) from None


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[Difference], list[Difference]]:
    """Return what differs in the recipe and may, and what differs and may not."""
    found = [
        one
        for one in compared({"recipe": old.get("recipe", {})}, {"recipe": new.get("recipe", {})})
        if not IGNORED.fullmatch(one.key)
    ]
    allowed = [one for one in found if FREE.fullmatch(one.key)]
    refused = [one for one in found if not FREE.fullmatch(one.key)]
    return allowed, [one for one in refused if one.old is not ABSENT or not is_off(one.new)]  # new versions add keys
