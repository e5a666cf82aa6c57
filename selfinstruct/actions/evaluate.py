"""Score a model on benchmarks inside a run.

Each benchmark is a run of its own, in a folder below this one's: its replies are stored before they are used, it is
resumed with the run, and it can be explained, compared and scored again as any other.  Its scores stand in the summary
of both, so that a sweep can optimize a downstream score.

A run that has tuned a model is scored by that model, in this process, and beside it by the base model on the same
items: `scores.superni` are those of the tuned model, `scores.superni_base` those of its base, and `scores.superni_gain`
the differences, item by item, with intervals in `scores.md`.  A judge is never the tuned model, nor its base: it is the
model of its own stage, or else that of the run.

The budget is that of the whole: a benchmark may spend what the run, and the benchmarks before it, have left.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from selfinstruct.actions.answering import Answering, evaluation
from selfinstruct.actions.card.model_card import write_cards
from selfinstruct.actions.gain import gains, write_gains
from selfinstruct.actions.score import Score
from selfinstruct.benchmarks import BASE, FOLDER, TUNED, Benchmark
from selfinstruct.budget import NOTHING, Budget, Usage
from selfinstruct.model.transformers import Transformers
from selfinstruct.part import part
from selfinstruct.storage.folder import stored_config
from selfinstruct.trainer import MODEL

if TYPE_CHECKING:
    from selfinstruct.run import Run

GAIN = "gain"
OTHER_MODEL = (
    "{folder} holds the answers of another model, or at another precision. Remove that folder to have the one of now"
    " answer."
)
NO_MODEL = (
    "{folder} is gone. Restore it from a copy, or remove training.json beside it and tune a model again:"
    " actions=[train,evaluate]."
)


@part
class Evaluate:
    """Runs the benchmarks of a run."""

    asks: ClassVar[bool] = False
    """It makes no rounds of the run."""
    asks_in_runs_of_its_own: ClassVar[bool] = True
    """It asks the models of the benchmarks."""
    is_apart: ClassVar[bool] = False
    """It works on the run's folder."""

    batch_size: Annotated[int, Field(ge=1)]
    """The most items that a tuned model, or its base, answers at once."""
    precision: Literal["float32", "bfloat16", "float16"]
    """In what numbers it computes."""
    device: str
    """Where it computes; `auto` for a GPU where there is one."""
    score: Score
    """How the answers are scored. The dataset that a model was tuned on counts as its training data without a word."""

    def problems(self, run: "Run") -> list[str]:
        """Report that there is no benchmark, and all that would keep one from being answered."""
        if not run.benchmarks:
            return ["actions=[evaluate] needs a benchmark. Set benchmarks=[superni], for example."]
        trains = "train" in run.actions
        problems: list[str] = []
        for name, benchmark in run.benchmarks.items():
            if trains and not run.training:
                problems += outdated(run.start.folder / FOLDER / f"{name}_{TUNED}", None)
            for one in self.answering(run, name, benchmark):
                if one.role is None:
                    problems += one.problems(run)
                elif one.role == TUNED and not (run.start.folder / MODEL).is_dir():
                    problems += [] if trains else [NO_MODEL.format(folder=run.start.folder / MODEL)]
                else:
                    answered = outdated(run.start.folder / FOLDER / one.place, one.described)
                    problems += answered or one.problems(run, is_checked=trains)
        return list(dict.fromkeys(problems))

    def __call__(self, run: "Run") -> None:
        """Answer and score every benchmark, in the order written; what is answered already is not asked again."""
        used = spent(run)
        for name, benchmark in run.benchmarks.items():
            for one in self.answering(run, name, benchmark):
                budget = left(run.budget, used)
                if run.stopped is not None or budget is None:
                    run.remarks.append(f"{name} was not evaluated: the budget is spent.")
                    break
                inner = evaluation(run, one, budget, self._score(run, one))
                inner.execute()
                used += spent(inner)
                scored(run, inner, one.role)
        if run.training:
            found = gains(run)
            run.scores |= {f"{name}_{GAIN}": figures for name, figures in found.figures.items()}
            write_gains(run, found)
            write_cards(run)

    def answering(self, run: "Run", name: str, benchmark: Benchmark) -> Iterator[Answering]:
        """Yield who answers a benchmark: its own model or the run's, or else the tuned model, and its base."""
        has_training = run.training or (run.trainer is not None and "train" in run.actions)
        if benchmark.model is not None or not has_training:
            yield Answering(name=name, benchmark=benchmark, role=None, model=benchmark.model or run.model)
            return
        if run.training:
            yield Answering(name=name, benchmark=benchmark, role=TUNED, model=self._tuned(run))
        yield Answering(name=name, benchmark=benchmark, role=BASE, model=self._base(run))

    def _base(self, run: "Run") -> Transformers:
        """Return the base model of the training that is done, or that will be."""
        trainer = run.trainer
        known = run.training or {"base_model": trainer.base_model if trainer else "", "mode": trainer and trainer.mode}
        return Transformers(
            base_model=known["base_model"],
            adapter=None,
            label=None,
            mode=known["mode"],
            precision=self.precision,
            device=self.device,
            batch_size=self.batch_size,
            max_tokens=1024,
        )

    def _tuned(self, run: "Run") -> Transformers:
        """Return the model that was tuned."""
        base, folder, method = self._base(run), run.start.folder / MODEL, str(run.training["method"])
        weights: dict[str, Any] = {"base_model": str(folder)} if method == "full" else {"adapter": folder}
        return replace(base, label=f"{base.name}+{method.lower()}", **weights)

    def _score(self, run: "Run", one: Answering) -> Score:
        """Return how an answer is scored: what a tuned model was trained on is known."""
        if one.role != TUNED or (path := trained_on(run)) is None:
            return self.score
        return replace(self.score, training_data=[*self.score.training_data, path])


def trained_on(run: "Run") -> Path | None:
    """Return the file that the model of a run was tuned on; None where it is not known any more."""
    dataset = run.training["dataset"]
    given = getattr(run.actions.get("train"), "dataset", None)
    path = run.start.folder / "dataset" / dataset["name"] if dataset["is_of_run"] else given
    return path if path is not None and path.is_file() else None


def outdated(folder: Path, described: dict[str, Any] | None) -> list[str]:
    """Return what is wrong with a folder of answers by another model than is described now; None for a future one."""
    kept = stored_config(folder)
    if kept is None or (described is not None and kept["model"] == json.loads(json.dumps(described))):
        return []
    return [OTHER_MODEL.format(folder=folder)]


def scored(run: "Run", inner: "Run", role: str | None) -> None:
    """Take over the scores of a benchmark, and say what they are."""
    suffix = f"_{BASE}" if role == BASE else ""
    run.scores |= {f"{key}{suffix}": figures for key, figures in inner.scores.items()}
    known = [f"{key} {value:.4g}" for one in inner.scores.values() for key, value in one.items() if value is not None]
    who = f" of the {role} model" if role else ""
    run.remarks.append(f"{inner.start.recipe}{who}: {', '.join(known)} ({inner.start.folder / 'scores.md'})")


def spent(run: "Run") -> Usage:
    """Return what a run has spent that generates; nothing for one that does not."""
    return NOTHING if run.budget_tracker is None else run.budget_tracker.spent


def left(budget: Budget, used: Usage) -> Budget | None:
    """Return what is left of a budget; None where nothing is."""
    requests = None if budget.requests is None else budget.requests - used.requests
    tokens = None if budget.tokens is None else budget.tokens - used.tokens
    usd = None if budget.usd is None else budget.usd - used.usd
    if any(limit is not None and limit <= 0 for limit in (requests, tokens, usd)):
        return None
    return Budget(requests=requests, tokens=None if tokens is None else int(tokens), usd=usd, minutes=budget.minutes)
