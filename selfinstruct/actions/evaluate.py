"""Score a model on benchmarks inside a run.

Each benchmark is a run of its own, in a folder below this one's: its replies are stored before they are used, it is
resumed with the run, and it can be explained, compared and scored again as any other.  Its scores stand in the summary
of both, so that a sweep can optimize a downstream score.

A run that has tuned a model is scored by that model, in this process, and beside it by the base model on the same
items: `scores.superni` are those of the tuned model, `scores.superni_base` those of its base, and `scores.superni_gain`
the differences, item by item, with intervals in `scores.md`.

The budget is that of the whole: a benchmark may spend what the run, and the benchmarks before it, have left.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from selfinstruct.actions.card.model_card import write_cards
from selfinstruct.actions.gain import gain, write_gains
from selfinstruct.actions.generate import Generate
from selfinstruct.actions.score import Score
from selfinstruct.benchmarks import FOLDER, Benchmark
from selfinstruct.budget import NOTHING, Budget, Usage
from selfinstruct.model import Model
from selfinstruct.model.transformers import Transformers
from selfinstruct.part import part
from selfinstruct.trainer import MODEL

if TYPE_CHECKING:
    from selfinstruct.run import Run

TUNED, BASE, GAIN = "tuned", "base", "gain"
SCORE = Score(training_data=[], bertscore=False, bertscore_model=None, bertscore_layers=None, bertscore_baseline=None)


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

    def problems(self, run: "Run") -> list[str]:
        """Report that there is no benchmark, and all that would keep one from being answered."""
        if not run.benchmarks:
            return ["actions=[evaluate] needs a benchmark. Set benchmarks=[superni], for example."]
        problems: list[str] = []
        for name, benchmark in run.benchmarks.items():
            for role, model in self.answering(run, benchmark):
                inner = evaluation(run, name, benchmark, run.budget, role, model)
                found = inner.actions["generate"].problems(inner)
                problems += [text.replace("recipe.", f"benchmarks.{name}.recipe.", 1) for text in found]
        return list(dict.fromkeys(problems))

    def __call__(self, run: "Run") -> None:
        """Answer and score every benchmark, in the order written; what is answered already is not asked again."""
        used = spent(run)
        for name, benchmark in run.benchmarks.items():
            for role, model in self.answering(run, benchmark):
                budget = left(run.budget, used)
                if run.stopped is not None or budget is None:
                    run.remarks.append(f"{name} was not evaluated: the budget is spent.")
                    continue
                inner = evaluation(run, name, benchmark, budget, role, model)
                inner.execute()
                used += spent(inner)
                scored(run, inner, role)
            if run.training:
                run.scores |= {f"{key}_{GAIN}": found for key, found in gain(run, name).items()}
        if run.training:
            write_gains(run)
            write_cards(run)

    def answering(self, run: "Run", benchmark: Benchmark) -> Iterator[tuple[str | None, Model]]:
        """Yield the models that answer a benchmark: its own or the run's, or else the tuned model, and its base."""
        if benchmark.model is not None or (run.trainer is None and not run.training):
            yield None, benchmark.model or run.model
            return
        if run.training:
            yield TUNED, self._model(run.training["base_model"], run, is_tuned=True)
        base = run.training.get("base_model") or (run.trainer.base_model if run.trainer else "")
        yield BASE, self._model(base, run, is_tuned=False)

    def _model(self, base: str, run: "Run", *, is_tuned: bool) -> Transformers:
        """Return the base model of a training, or the model that it has tuned."""
        folder, method = run.start.folder / MODEL, run.training.get("method")
        mode = run.training.get("mode") or (run.trainer.mode if run.trainer else "chat")
        settings = {"batch_size": self.batch_size, "precision": self.precision, "device": self.device}
        plain = Transformers(base_model=base, adapter=None, label=None, mode=mode, max_tokens=1024, **settings)
        if not is_tuned:
            return plain
        label = f"{plain.name}+{str(method).lower()}"
        if method == "full":
            return replace(plain, base_model=str(folder), label=label)
        return replace(plain, adapter=folder, label=label)


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


def evaluation(run: "Run", name: str, benchmark: Benchmark, budget: Budget, role: str | None, model: Model) -> "Run":
    """Return the run in which a model answers a benchmark."""
    place = name if role is None else f"{name}_{role}"
    answering = None if role is None else described(model)
    start = replace(
        run.start,
        folder=run.start.folder / FOLDER / place,
        name=f"{run.start.name}/{place}",
        recipe=name,
        job_type="generate+score",
        declared=config_of(run.start.declared, name, answering),
        config=config_of(run.start.config, name, answering),
        overrides=(),
        citation="",
    )
    inner = type(run)(
        random_seed=run.random_seed,
        recipe=dict(benchmark.recipe),
        seeds=benchmark.seeds,
        model=model,
        start=start,
        budget=budget,
        actions={"generate": Generate(), "score": SCORE},
    )
    inner.outer = run
    return inner


def described(model: Model) -> dict[str, Any]:
    """Return a model of a training as config, with its weights instead of the places where they lie."""
    known = asdict(model) if isinstance(model, Transformers) else {}
    kept = {key: known[key] for key in ("label", "mode", "precision")}
    return {"_target_": "selfinstruct.model.transformers.Transformers", **kept, "weights": model.fingerprint()}


def config_of(config: Mapping[str, Any], name: str, answering: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the config of the run that answers a benchmark, as that of a recipe of its own."""
    own = config["benchmarks"][name]
    kept = {key: config[key] for key in ("random_seed", "model")}
    model = answering or own["model"]
    return {**kept, "seeds": own["seeds"], "recipe": own["recipe"], **({"model": model} if model else {})}


def left(budget: Budget, used: Usage) -> Budget | None:
    """Return what is left of a budget; None where nothing is."""
    requests = None if budget.requests is None else budget.requests - used.requests
    tokens = None if budget.tokens is None else budget.tokens - used.tokens
    usd = None if budget.usd is None else budget.usd - used.usd
    if any(limit is not None and limit <= 0 for limit in (requests, tokens, usd)):
        return None
    return Budget(requests=requests, tokens=None if tokens is None else int(tokens), usd=usd, minutes=budget.minutes)
