"""Who answers a benchmark inside a run, and the run in which that happens."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.generate import Generate
from selfinstruct.actions.score import Score, is_judge
from selfinstruct.benchmarks import FOLDER, Benchmark
from selfinstruct.budget import Budget
from selfinstruct.model import Model
from selfinstruct.model.transformers import Transformers
from selfinstruct.recipe import ModelStage, Stage

if TYPE_CHECKING:
    from selfinstruct.run import Run

TARGET = "selfinstruct.model.transformers.Transformers"
FOR_USERS = {"model.base_model=": "trainer.base_model=", "recipe.": "benchmarks.{name}.recipe."}
"""How a problem begins that has another key in the run."""
SEEN_BY_TRAINER = ("model.base_model=", "model=transformers ")
"""How a problem begins that the trainer has reported already."""


@dataclass(frozen=True, kw_only=True)
class Answering:
    """A model that answers a benchmark."""

    name: str
    benchmark: Benchmark
    role: str | None
    """`tuned` or `base` for a model of the training; None for one of the config."""
    model: Model

    @property
    def place(self) -> str:
        """Return the name of its folder."""
        return self.name if self.role is None else f"{self.name}_{self.role}"

    @property
    def described(self) -> dict[str, Any] | None:
        """Return a model of the training as config, by its weights; None for one of the config."""
        if self.role is None or not isinstance(self.model, Transformers):
            return None
        known = asdict(self.model)
        kept = {key: known[key] for key in ("label", "mode", "precision")}
        return {"_target_": TARGET, **kept, "weights": self.model.fingerprint()}

    def recipe(self, run: "Run") -> dict[str, Stage]:
        """Return the stages: a judge without a model of its own is the run's, and not a model of the training."""
        return {name: judged(stage, run.model) if self.role else stage for name, stage in self.benchmark.recipe.items()}

    def config(self, config: Mapping[str, Any], judges: list[str]) -> dict[str, Any]:
        """Return the config of the run that answers, as that of a recipe of its own."""
        own = config["benchmarks"][self.name]
        kept = {key: config[key] for key in ("random_seed", "model", "structured") if key in config}
        model, recipe = self.described or own["model"], own["recipe"]
        if self.role:
            recipe = {
                name: {**stage, "model": stage.get("model") or config["model"]} if name in judges else stage
                for name, stage in recipe.items()
            }
        return {**kept, "seeds": own["seeds"], "recipe": recipe, **({"model": model} if model else {})}

    def problems(self, run: "Run", *, is_checked: bool = False) -> list[str]:
        """Return what would keep it from being answered, by the keys of the run; what a trainer checks only once."""
        inner = evaluation(run, self, run.budget, None)
        found = inner.actions["generate"].problems(inner)
        if is_checked:
            found = [text for text in found if not text.startswith(SEEN_BY_TRAINER)]
        return [self._for_users(text) for text in found]

    def _for_users(self, text: str) -> str:
        for own, outer in FOR_USERS.items():
            if text.startswith(own) and (self.role or own == "recipe."):
                return outer.format(name=self.name) + text.removeprefix(own)
        return text


def judged(stage: Stage, model: Model) -> Stage:
    """Return a stage that judges with a model of its own."""
    if is_judge(stage) and isinstance(stage, ModelStage) and stage.model is None:
        return replace(stage, model=model)  # type: ignore[type-var]
    return stage


def evaluation(run: "Run", one: Answering, budget: Budget, score: Score | None) -> "Run":
    """Return the run in which a model answers a benchmark, and is scored."""
    judges = [name for name, stage in one.benchmark.recipe.items() if is_judge(stage)]
    start = replace(
        run.start,
        folder=run.start.folder / FOLDER / one.place,
        name=f"{run.start.name}/{one.place}",
        recipe=one.name,
        job_type="generate+score",
        declared=one.config(run.start.declared, judges),
        config=one.config(run.start.config, judges),
        overrides=(),
        citation="",
    )
    inner = type(run)(
        random_seed=run.random_seed,
        recipe=one.recipe(run),
        seeds=one.benchmark.seeds,
        model=one.model,
        start=start,
        budget=budget,
        actions={"generate": Generate(), **({} if score is None else {"score": score})},
    )
    inner.outer = run
    return inner
