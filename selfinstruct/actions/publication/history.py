"""Whether one command repeats a run, and which.

A run may be resumed with another target, or a larger budget.  If that happened before its stages ended, the journal
has the last target, and the capsule names it.  If it happened afterwards, the journal has stages that end twice, and no
single command makes such a journal.  In a recipe with generations every stage ends once in each.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.publication.portable import kept
from selfinstruct.recipe import ModelStage, Stage
from selfinstruct.recipe.grow import Grow
from selfinstruct.recipe.sampling import position_in
from selfinstruct.round import End
from selfinstruct.text.command import to_resume

if TYPE_CHECKING:
    from selfinstruct.run import Run

EXTENDED = (
    "it was continued with other settings after {stage} had ended, and no single command repeats that. Run it again in"
    " a new folder; with model.store=<this folder>/completions.sqlite no reply is paid for twice."
)
UNFINISHED = "{stage} has not ended. Finish the run first: {command}"
TIMED = "it was stopped by budget.minutes, and no other run stops at the same place. Resume it until it finishes."


def unrepeatable(run: "Run") -> str | None:
    """Return why no single command repeats a run; None where one does."""
    limit = run.stopped_by
    if limit == "minutes":
        return TIMED
    by_generations = any(generations_of(stage_) for stage_ in run.recipe.values())
    if not by_generations and (stage := extended(run.journal.rounds)):
        return EXTENDED.format(stage=stage)
    for name, stage_ in run.recipe.items() if limit is None else ():
        rows = run.journal.of(name)
        if ("ended" not in rows[-1]) if rows and not by_generations else has_work(name, stage_, run):
            return UNFINISHED.format(stage=name, command=to_resume(run.start.folder))
    return None


def extended(rounds: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the first stage that has a round after it had ended, or after a later stage had begun."""
    left = set[str]()
    for place, row in enumerate(rounds, 1):
        if row["stage"] in left:
            return str(row["stage"])
        if "ended" in row or (place < len(rounds) and rounds[place]["stage"] != row["stage"]):
            left.add(row["stage"])
    return None


def generations_of(stage: Stage) -> int | None:
    """Return the number of generations of a stage that has any."""
    return stage.generations if isinstance(stage, Grow) else None


def has_work(name: str, stage: Stage, run: "Run") -> bool:
    """Return whether a stage that made no round, or that goes by generations, has something to do."""
    if generations := generations_of(stage):
        return position_in(run.journal.of(name))[0] <= generations
    if stage.target is not None or not isinstance(stage, ModelStage):
        return True
    return bool(stage.sampler.sample(run.pool, Random(0), 1, name))


def overrides_of(run: "Run") -> list[str]:
    """Return the overrides that repeat a run: those that shape its data, with the target at which each stage ended."""
    is_stopped = run.stopped_by is not None
    words = [word for word in kept(run.start.overrides) if is_stopped or not word.startswith("budget")]
    for name, stage in run.recipe.items():
        if (found := end_of(name, stage, run)) is not None:
            key, value = found
            words = [*(other for other in words if other.lstrip("+").partition("=")[0] != key), f"{key}={value}"]
    return words


def end_of(name: str, stage: Stage, run: "Run") -> tuple[str, int] | None:
    """Return how far a stage went, as key and value, where the config now says something else."""
    rows = run.journal.of(name)
    if generations := generations_of(stage):
        last = rows[-1]["generation"] if rows else generations
        return (f"recipe.{name}.generations", last) if last != generations and run.stopped_by is None else None
    place = next((place for place, row in enumerate(rows, 1) if row.get("end") == End.TARGET), 0)
    made = sum(row["kept"] for row in rows[:place])
    return (f"recipe.{name}.until", made) if place and made != stage.target else None
