"""Judge the recorded candidates of a finished run by other filters, without asking anybody anything.

The rounds of the run are made again in their order: its replies are read, its filters replaced by those of the config
now, and an ordinary run folder is written.  By the run's own settings that gives the run's own bytes.  By others it
gives what the filters make of these candidates, and not what a run would have come to: from the first round on whose
prompts would have shown other tasks, a run would have been answered otherwise.  That round is told.

Rejected: a recipe of this name.  What is judged again is a run of some recipe, and its stages, prompts and parsers are
what the replies are read by; a recipe beside it could not say them.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.refilter.again import Reannotating
from selfinstruct.actions.refilter.changes import changes
from selfinstruct.actions.refilter.replies import copy_replies
from selfinstruct.actions.refilter.rerun import Rerun
from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.recipe import asking
from selfinstruct.recipe.grow import Grow
from selfinstruct.storage.folder import kept_config, kept_overrides, replace_text
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.summary import stop_reason

if TYPE_CHECKING:
    from selfinstruct.run import Run


@part
class Refilter:
    """Makes the rounds of another run again, with the filters of this config."""

    asks: ClassVar[bool] = False
    """It does not."""
    is_apart: ClassVar[bool] = False
    """It makes a pool of its own."""

    run: Path | None
    """The folder of the run whose candidates are judged again."""

    def problems(self, run: "Run") -> list[str]:
        """No folder, one that holds no run, or a config that would have asked something else."""
        if not asking(run.recipe):
            return [f"refilter: recipe={run.start.recipe} asks no model, so there are no replies. Run it once more."]
        if self.run is None:
            return ["refilter.run must be set: refilter.run=<the folder of a run>."]
        if self.run.resolve() == run.start.folder.resolve():
            return ["refilter.run is the run's own folder. Leave hydra.run.dir out, or name a new one."]
        try:
            RunReader(self.run)
            old = kept_config(self.run) or {}
        except RunFolderError as error:
            return [str(error)]
        by_generations = [
            f"recipe.{name} goes by generations, each of which shows what became of the one before. Refilter does not "
            "make such rounds again; run the recipe with other filters, and model.store to pay for no reply twice."
            for name, stage in run.recipe.items()
            if isinstance(stage, Grow) and stage.generations is not None
        ]
        return by_generations or [
            f"{found.text}; it shapes the prompts, and refilter asks no model. Restore it."
            for found in changes(old, run.start.declared)[1]
        ]

    def __call__(self, run: "Run") -> None:
        """Write the folder, and say what came of it; raises RunFolderError where the folder holds a run already."""
        assert self.run is not None
        if run.journal.rounds:
            raise RunFolderError(f"{run.start.folder} holds a run already. Refilter writes into a new folder.")
        record = RunReader(self.run)
        introduce(run, record)
        run.begin(record.seeds)
        rerun = Rerun(record, run.recipe, run.random_seed, run.pool)
        for round_ in rerun.rounds():
            run.log(round_)
        copy_replies(record, run.store)
        keep_end(run, self.run)
        for text in [*(f"{found.text}." for found in changes(record.config, run.start.declared)[0]), *findings(rerun)]:
            sys.stdout.write(f"{text}\n")


def keep_end(run: "Run", folder: Path) -> None:
    """Write down how the rounds ended, for the summary of a run that asks nothing repeats how its pool was made."""
    by_stage = {stage: run.journal.of(stage) for stage in run.recipe}
    ended = {"completed": True, "stop_reason": f"refiltered from {folder}; {stop_reason(by_stage)}"}
    replace_text(run.start.folder / "summary.json", json.dumps(ended) + "\n")


def findings(rerun: Rerun) -> Iterator[str]:
    """What the filters made of the candidates, and where a real run would have gone another way."""
    before = sum(not task.is_human for task in rerun.old)
    now = sum(not task.is_human for task in rerun.new)
    both = len(rerun.ids) - len(rerun.record.seeds)
    yield f"Kept {now:,} tasks; the run kept {before:,}, and {both:,} are of both."
    for stage, number in rerun.first_other.items():
        yield f"{stage}: from round {number} on a real run would have shown other tasks."
    if not rerun.first_other:
        yield "Every round shows what a real run would have shown."
    for stage, annotating in rerun.stages.items():
        if isinstance(annotating, Reannotating):
            lost = annotating.without
            lacking = sum(known not in lost for known in annotating.lacking())
            if lacking:
                yield f"{stage}: tasks that the run never asked about, and that lack it: {lacking:,}."
            if lost:
                yield f"{stage}: tasks of which no recorded reply passes, so that a run would ask again: {len(lost):,}."


def introduce(run: "Run", record: RunReader) -> None:
    """Have the run be of the recorded run's seed, seeds and model, and go on as such."""
    run.random_seed = record.config.get("random_seed", run.random_seed)
    given = {key_of(word) for word in run.start.overrides}
    kept = [word for word in kept_overrides(record.folder) if key_of(word) not in given]
    own = [word for word in run.start.overrides if not key_of(word).startswith(("refilter", "actions"))]
    declared = {**record.config, "recipe": run.start.declared["recipe"]}
    run.start = replace(run.start, declared=declared, overrides=(*kept, *own))


def key_of(word: str) -> str:
    """The key of an override."""
    return word.lstrip("+~").partition("=")[0]
