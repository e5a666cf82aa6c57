"""The plan of a run: the estimates of every stage with its first prompt, their sums, and notes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.embedding import spelling_only
from selfinstruct.actions.plan.assumptions import Assumptions, Range, added, exactly
from selfinstruct.actions.plan.earlier import Earlier
from selfinstruct.actions.plan.estimate import Outlook, cost, pace
from selfinstruct.actions.preflight import endless, rejected_seeds, undrawn
from selfinstruct.errors import SelfInstructError
from selfinstruct.model import Model, Selective, sendable
from selfinstruct.model.limits import CHARACTERS_PER_TOKEN
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, asking, stream
from selfinstruct.request import Request
from selfinstruct.run_info import RunInfo
from selfinstruct.sampler import ByInput, Foreseeing
from selfinstruct.storage.differences import differences
from selfinstruct.storage.folder import stored_config

if TYPE_CHECKING:
    from selfinstruct.run import Run

SERVED = ("model._target_", "model.name", "model.api_base")
"""The keys of a model that say where it runs; its speed is known only there."""
WRITTEN = ("prompt", "sampler", "model.name", "model.mode")
"""The keys that shape the length of a prompt."""
DRAWS = 20
"""The number of prompts whose mean length is taken."""


class Planned:
    """A plan while it is being made."""

    def __init__(self, run: "Run", assumed: Assumptions, earlier: Earlier | None) -> None:
        self.run = run
        self.assumed = assumed
        self.earlier = earlier
        self.outlook = Outlook(assumed=assumed, earlier=earlier)
        self.seeds = Pool(run.seeds.load())
        self.notes: list[str] = []
        self.made = exactly(0)
        """The tasks that the stages so far have made."""
        self.assumed_seconds: dict[str, float] = {}

    def whole(self) -> dict[str, Any]:
        """Return the plan as it is written to `plan.json`."""
        run = self.run
        done = done_in(run.start, {name: stage.target for name, stage in run.recipe.items()})
        if done is not None:
            self.notes.append(f"This run is finished already, in {done}.")
        found = {name: self._stage(name, stage) for name, stage in asking(run.recipe).items()}
        figures = [of_stage for of_stage, _ in found.values()]
        total = {key: added([of_stage[key] for of_stage in figures]) for key in figures[0]}
        self._note(total)
        return {
            "recipe": run.start.recipe,
            "like": None if self.earlier is None else str(self.earlier.folder),
            "done": None if done is None else str(done),
            "overrides": list(run.start.overrides),
            "stages": {name: {**rows(of_stage), **more} for name, (of_stage, more) in found.items()},
            "total": rows(total),
            "notes": list(dict.fromkeys(self.notes)),
        }

    def _stage(self, name: str, stage: ModelStage) -> tuple[dict[str, Range | None], dict[str, Any]]:
        """Return the figures of a stage that add up, and the rest of its row."""
        model, measured = stage.model or self.run.model, self.outlook.measured(name, stage)
        prompts = prompts_of(name, stage, model, self.seeds, self.run.random_seed)
        counted = sum(map(tokens_of, prompts)) / len(prompts)
        tokens = measured.tokens("prompt_tokens") if measured and self._is_like(name, WRITTEN) else None
        inputs = stage.sampler.inputs_each(self.seeds) if isinstance(stage.sampler, ByInput) else None
        lacking = 0
        if isinstance(stage.sampler, Foreseeing):
            lacking = stage.sampler.foreseen(self.seeds)
        elif stage.target is None:
            lacking = len(stage.sampler.sample(self.seeds, Random(0), len(self.seeds), name))
        found = self.outlook.of(name, stage, self.made, lacking, tokens or counted, inputs)
        self.made += found.made
        latency = measured.latency if measured and self._is_like(name, SERVED) else None
        if latency is None:
            reply = self.outlook.reply(stage, measured).expected
            latency = self.assumed.first_token_seconds + reply / self.assumed.tokens_per_second
            self.assumed_seconds[name] = latency
        if inputs is not None:
            self.notes.append(f"{name}: equal instructions are executed once, so it may be far less.")
        key = "model" if stage.model is None else f"recipe.{name}.model"
        decodings = {name: stage.prompt.decodings()}
        untaken = model.unsupported_parameters(key, decodings) if isinstance(model, Selective) else []
        self.notes += [*untaken, *(f"The run would stop: {text}" for text in model.problems())]
        bound_by, seconds = pace(stage, model, found, latency) or (None, None)
        figures = {
            "requests": found.requests,
            "prompt_tokens": found.prompts,
            "completion_tokens": found.replies,
            "cost_usd": cost(stage, model, found),
            "seconds": seconds,
        }
        return figures, {
            "model": model.name,
            "tasks": asdict(found.tasks),
            "bound_by": bound_by,
            "basis": "assumed" if measured is None else "measured",
            "untaken": untaken,
            "prompt": {"system": prompts[0].system, "text": prompts[0].text, "tokens": round(counted)},
        }

    def _is_like(self, name: str, keys: tuple[str, ...]) -> bool:
        """Return whether these keys of a stage and its model are as in the earlier run."""
        assert self.earlier is not None
        old, new = (settings(config, name) for config in (self.earlier.config, self.run.start.declared))
        return all(old.get(key) == new.get(key) for key in keys)

    def _note(self, total: Mapping[str, Range | None]) -> None:
        """Add what to know besides the figures."""
        run = self.run
        if self.assumed_seconds:
            seconds = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.assumed_seconds.items())
            self.notes.append(f"Seconds per request are assumed (plan.assume): {seconds}.")
        if any(self.outlook.measured(name, stage) is None for name, stage in asking(run.recipe).items()):
            self.notes.append("Yields are assumed (plan.assume); plan.like=<a small run> measures them.")
        self.notes += endless(run.recipe, run.budget) + rejected_seeds(run.recipe, self.seeds) + undrawn(run.recipe)
        self.notes += spelling_only(run)
        if self.earlier is not None:
            found = differences(self.earlier.config, run.start.declared)
            self.notes += [f"The earlier run differs: {one.text}." for one in found if one.key != "random_seed"]
        tokens = added([total["prompt_tokens"], total["completion_tokens"]])
        minutes = total["seconds"] and total["seconds"].mapped(lambda seconds: seconds / 60)
        spent = {"requests": total["requests"], "tokens": tokens, "usd": total["cost_usd"], "minutes": minutes}
        for name, range_ in spent.items():
            cap = getattr(run.budget, name)
            if cap is not None and range_ is not None and range_.high > cap:
                self.notes.append(f"budget.{name}={cap:g} may stop it early.")


def done_in(start: RunInfo, targets: Mapping[str, int | None]) -> Path | None:
    """Return the folder of a finished run with this config: its own, or another of its sweep."""
    others = [] if start.group is None else sorted(path for path in start.folder.parent.iterdir() if path.is_dir())
    return next((folder for folder in [start.folder, *others] if is_done(folder, start, targets)), None)


def is_done(folder: Path, start: RunInfo, targets: Mapping[str, int | None]) -> bool:
    """Return whether a folder holds a finished run of this config with these targets."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        kept = stored_config(folder)
        if kept is None or not summary["completed"] or differences(kept, start.declared):
            return False
        return all(
            summary["stages"][name]["kept"] == target or kept["recipe"][name].get("until") == target
            for name, target in targets.items()
            if target is not None
        )
    except (OSError, ValueError, KeyError, TypeError, SelfInstructError):
        return False


def prompts_of(name: str, stage: ModelStage, model: Model, seeds: Pool, random_seed: int) -> list[Request]:
    """Return prompts as a stage would send them, of seeds, the very first one first."""
    rng, chat = stream(random_seed, name, 1), model.mode == "chat"
    samples = (stage.preview(seeds, rng) for _ in range(DRAWS))
    return [sendable(model, stage.prompt.render(sample, chat, name, 1, 1)) for sample in samples]


def tokens_of(request: Request) -> float:
    """Return the approximate tokens of a prompt, with one for each character beyond ASCII."""
    text = f"{request.system or ''}{request.text}"
    plain = sum(character.isascii() for character in text)
    return plain / CHARACTERS_PER_TOKEN + len(text) - plain


def settings(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys of a stage, and those of its model after `model.`."""
    stage = config["recipe"].get(name) or {}
    model = stage.get("model") or config["model"]
    return {**stage, **{f"model.{key}": value for key, value in model.items()}}


def rows(figures: Mapping[str, Range | None]) -> dict[str, dict[str, float] | None]:
    """Return figures as rows of `plan.json`."""
    return {key: None if range_ is None else asdict(range_) for key, range_ in figures.items()}
