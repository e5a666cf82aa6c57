"""Grow the pool by the recipe: every stage in the order written, every round logged when it is committed."""

from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import DataError, SelfInstructError
from selfinstruct.folder import differences
from selfinstruct.journal import has_rounds
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import Stage
from selfinstruct.recorded import Recorded, recorded
from selfinstruct.summary import totals

if TYPE_CHECKING:
    from selfinstruct.run import Run


@part
class Generate:
    """Runs the stages of the recipe."""

    @property
    def asks(self) -> bool:
        """It does."""
        return True

    def problems(self, run: "Run") -> list[str]:
        """Bad seeds, prompts that cannot be rendered, models that could not answer: all of them."""
        try:
            seeds, problems = Pool(run.seeds.load()), []
        except DataError as error:
            seeds, problems = Pool(), error.problems
        for name, stage in run.recipe.items():
            model = stage.model or run.model
            if len(seeds):
                problems += prompt_problems(f"recipe.{name}", stage, seeds, model.mode == "chat")
            problems += model.problems()
        return problems + (differences(run.start.folder, run.start.declared) if has_rounds(run.start.folder) else [])

    def __call__(self, run: "Run") -> None:
        """Go on where the run folder ends; a new one begins with the seeds."""
        if not run.journal.rounds:
            run.begin(run.seeds.load())
        with ExitStack() as lines:
            opened: list[Recorded] = []
            for name, stage in run.recipe.items():
                model = stage.model or run.model
                answering = next((line for line in opened if line.model == model), None)
                if answering is None:
                    answering = lines.enter_context(recorded(model, run.store))
                    opened.append(answering)
                for round_ in stage.rounds(name, run.pool, answering, run.random_seed, run.journal.of(name)):
                    run.log(round_)
                if stage.target is not None and not run.pool.of(name):
                    raise SelfInstructError(f"{name} kept nothing. {most_frequent(run.journal.of(name))}")


def most_frequent(rounds: list[dict[str, Any]]) -> str:
    """By what most candidates of a stage were rejected."""
    rejected = totals(rounds)["rejected"]
    name = max(rejected, key=rejected.__getitem__, default="nothing")
    return f"Most candidates were rejected by '{name}' ({rejected.get(name, 0)}); rejected.jsonl says why."


def prompt_problems(key: str, stage: Stage, seeds: Pool, chat: bool) -> list[str]:
    """What keeps a stage from rendering its first prompt, found by rendering one from the seeds."""
    try:
        sample = stage.preview(seeds, Random(0))
    except ValueError as error:
        return [f"{key}.sampler {error}.".replace("{key}", f"{key}.sampler")]
    return [f"{key}.prompt.{text}" for text in stage.prompt.problems(sample, chat)]
