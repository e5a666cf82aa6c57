"""A plan while it is being made: the estimates of every stage, and of the run as a whole."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from selfinstruct.actions.plan.assumptions import Assumptions
from selfinstruct.actions.plan.earlier import Earlier
from selfinstruct.actions.plan.estimate import Estimate, Outlook
from selfinstruct.actions.plan.jobs import done_in
from selfinstruct.actions.plan.pace import pace
from selfinstruct.actions.plan.preview import preview
from selfinstruct.actions.plan.range import Range, added, exactly
from selfinstruct.actions.preflight import endless, rejected_seeds
from selfinstruct.model import Model
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, asking
from selfinstruct.sampler import ByInput
from selfinstruct.storage.differences import differences
from selfinstruct.trackers.console import duration

if TYPE_CHECKING:
    from selfinstruct.run import Run

Figures: TypeAlias = Mapping[str, Range | None]
"""Figures that add up over stages; None for unknown."""

SERVED = ("_target_", "name", "api_base")
"""The keys of a model that say where it runs; its speed is known only there."""


class Planned:
    """A plan while it is being made."""

    def __init__(self, run: "Run", assumed: Assumptions, earlier: Earlier | None) -> None:
        self.run = run
        self.assumed = assumed
        self.earlier = earlier
        self.outlook = Outlook(assumed=assumed, earlier=earlier)
        self.seeds = Pool(run.seeds.load())
        self.notes: list[str] = []
        self.assumed_seconds: dict[str, float] = {}
        """Stage to the assumed seconds of a reply."""

    def whole(self) -> dict[str, Any]:
        """Return the plan as it is written to `plan.json`."""
        run = self.run
        targets = {name: stage.target for name, stage in run.recipe.items()}
        done = done_in(run.start, targets)
        stages: dict[str, dict[str, Any]] = {}
        figures: list[Figures] = []
        made = exactly(0)
        for name, stage in asking(run.recipe).items():
            found, added_, stages[name] = self._stage(name, stage, made)
            figures.append(found)
            made += added_
        total = {key: added([found[key] for found in figures]) for key in figures[0]}
        self._note(total, stages, done)
        return {
            "recipe": run.start.recipe,
            "like": None if self.earlier is None else str(self.earlier.folder),
            "done": None if done is None else str(done),
            "overrides": list(run.start.overrides),
            "stages": stages,
            "total": rows(total),
            "notes": list(dict.fromkeys(self.notes)),
        }

    def _stage(self, name: str, stage: ModelStage, made: Range) -> tuple[Figures, Range, dict[str, Any]]:
        """Return the figures of one stage that add up, the tasks that it makes, and its row of the plan."""
        model = stage.model or self.run.model
        shown = preview(name, stage, model, self.seeds, self.run.random_seed)
        measured = self.outlook.measured(name, stage)
        is_alike = measured is not None and self._is_like(name, ("prompt", "sampler"), ("name", "mode"))
        tokens = measured.tokens("prompt_tokens") if measured and is_alike else None
        prompt_tokens = shown.tokens if tokens is None else tokens
        inputs = stage.sampler.inputs_each(self.seeds) if isinstance(stage.sampler, ByInput) else None
        found = self.outlook.of(name, stage, made, self._lacking(name, stage), prompt_tokens, inputs)
        if inputs is not None:
            self.notes.append(f"{name}: equal instructions are executed once, so it may be far less.")
        latency = measured.latency if measured and self._is_like(name, (), SERVED) else None
        assumed_latency = self.assumed.latency(found.reply_tokens.expected)
        speed = pace(stage, model, found, assumed_latency if latency is None else latency)
        if speed and latency is None:
            self.assumed_seconds[name] = assumed_latency
        if found.new_share is not None:
            self.notes.append(f"{name}: at the end about {found.new_share:.0%} of the candidates will be new.")
        self.notes += shown.untaken
        self.notes += [f"The run would stop: {text}" for text in model.problems()]
        figures = {
            "requests": found.requests,
            "prompt_tokens": found.prompts,
            "completion_tokens": found.replies,
            "cost_usd": cost(model, found),
            "seconds": speed.seconds if speed else None,
        }
        return (
            figures,
            self.outlook.made(name, stage, found),
            {
                "model": model.name,
                "tasks": found.tasks.row(),
                **rows(figures),
                "bound_by": speed.bound_by if speed else None,
                "basis": "measured" if found.is_measured else "assumed",
                "untaken": shown.untaken,
                "prompt": {"system": shown.request.system, "text": shown.request.text, "tokens": round(shown.tokens)},
            },
        )

    def _lacking(self, name: str, stage: ModelStage) -> int:
        """Return the number of seeds that lack what a stage fills."""
        if stage.target is not None:
            return 0
        return len(stage.sampler.sample(self.seeds, Random(0), len(self.seeds), name))

    def _is_like(self, name: str, keys: tuple[str, ...], of_model: tuple[str, ...]) -> bool:
        """Return whether a stage and its model have these values in common with the earlier run."""
        assert self.earlier is not None
        old, new = self.earlier.config, self.run.start.declared
        stages = [config["recipe"].get(name) or {} for config in (old, new)]
        models = [stage.get("model") or config["model"] for stage, config in zip(stages, (old, new), strict=True)]
        return all(stages[0].get(key) == stages[1].get(key) for key in keys) and all(
            models[0].get(key) == models[1].get(key) for key in of_model
        )

    def _note(
        self, total: Mapping[str, Range | None], stages: Mapping[str, Mapping[str, Any]], done: Path | None
    ) -> None:
        """Add what to know besides the figures."""
        run = self.run
        self.notes += endless(run.recipe, run.budget) + rejected_seeds(run.recipe, self.seeds)
        if done is not None:
            self.notes.insert(0, f"This run is finished already, in {done}.")
        if self.assumed_seconds:
            each = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.assumed_seconds.items())
            self.notes.append(f"Seconds a request are assumed (plan.assume): {each}.")
        if any(figures["basis"] == "assumed" for figures in stages.values()):
            self.notes.append("Yields are assumed (plan.assume); plan.like=<a small run> measures them.")
        if self.earlier is not None:
            self.notes += unlike(self.earlier, run.start.declared)
            seconds = self._at_earlier_pace(self.earlier, stages)
            if seconds is not None:
                self.notes.append(f"At the earlier run's own pace it would take {duration(seconds)}.")
        tokens = added([total["prompt_tokens"], total["completion_tokens"]])
        minutes = total["seconds"] and total["seconds"].mapped(lambda seconds: seconds / 60)
        spent = {"requests": total["requests"], "tokens": tokens, "usd": total["cost_usd"], "minutes": minutes}
        for name, range_ in spent.items():
            cap = getattr(run.budget, name)
            if cap is not None and range_ is not None and range_.high > cap:
                self.notes.append(f"budget.{name}={cap:g} may stop it early.")

    def _at_earlier_pace(self, earlier: Earlier, stages: Mapping[str, Mapping[str, Any]]) -> float | None:
        """Return the seconds at the earlier run's pace; None where that is unknown for a stage."""
        if not all(name in earlier.stages and self._is_like(name, (), SERVED) for name in stages):
            return None
        seconds: float = sum(
            figures["requests"]["expected"] * earlier.stages[name].seconds / earlier.stages[name].asked
            for name, figures in stages.items()
        )
        return seconds


def rows(figures: Figures) -> dict[str, dict[str, float] | None]:
    """Return figures as rows of `plan.json`."""
    return {key: None if range_ is None else range_.row() for key, range_ in figures.items()}


def cost(model: Model, found: Estimate) -> Range | None:
    """Return what a stage costs; None where the price is not known."""
    rates = model.pricing()
    if rates is None:
        return None
    return found.prompts.mapped(lambda tokens: rates.of(tokens, 0)) + found.replies.mapped(
        lambda tokens: rates.of(0, tokens)
    )


def unlike(earlier: Earlier, declared: Mapping[str, Any]) -> list[str]:
    """Return a note for each key that shapes rounds and differs from the earlier run, without the random seed."""
    found = differences(earlier.config, declared)
    return [f"The earlier run differs: {one.text}." for one in found if one.key != "random_seed"]
