"""Score a model on benchmarks inside a run.

Each benchmark is a run of its own, in a folder below this one's: its replies are stored before they are used, it is
resumed with the run, and it can be explained, compared and scored again as any other.  Its scores stand in the summary
of both, so that a sweep can optimize a downstream score.

The budget is that of the whole: a benchmark may spend what the run, and the benchmarks before it, have left.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.generate import Generate
from selfinstruct.actions.score import Score
from selfinstruct.benchmarks import Benchmark
from selfinstruct.budget import NOTHING, Budget, Usage
from selfinstruct.part import part

if TYPE_CHECKING:
    from selfinstruct.run import Run

FOLDER = "benchmarks"
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

    def problems(self, run: "Run") -> list[str]:
        """Report that there is no benchmark, and all that would keep one from being answered."""
        if not run.benchmarks:
            return ["actions=[evaluate] needs a benchmark. Set benchmarks=[superni], for example."]
        problems: list[str] = []
        for name, benchmark in run.benchmarks.items():
            inner = evaluation(run, name, benchmark, run.budget)
            found = inner.actions["generate"].problems(inner)
            problems += [text.replace("recipe.", f"benchmarks.{name}.recipe.", 1) for text in found]
        return problems

    def __call__(self, run: "Run") -> None:
        """Answer and score every benchmark, in the order written; what is answered already is not asked again."""
        used = spent(run)
        for name, benchmark in run.benchmarks.items():
            budget = left(run.budget, used)
            if run.stopped is not None or budget is None:
                run.remarks.append(f"{name} was not evaluated: the budget is spent.")
                continue
            inner = evaluation(run, name, benchmark, budget)
            inner.execute()
            used += spent(inner)
            run.scores |= inner.scores
            known = [
                f"{key} {value:.4g}" for one in inner.scores.values() for key, value in one.items() if value is not None
            ]
            run.remarks.append(f"{name}: {', '.join(known)} ({inner.start.folder / 'scores.md'})")


def spent(run: "Run") -> Usage:
    """Return what a run has spent that generates; nothing for one that does not."""
    return NOTHING if run.budget_tracker is None else run.budget_tracker.spent


def evaluation(run: "Run", name: str, benchmark: Benchmark, budget: Budget) -> "Run":
    """Return the run that answers a benchmark."""
    start = replace(
        run.start,
        folder=run.start.folder / FOLDER / name,
        name=f"{run.start.name}/{name}",
        recipe=name,
        job_type="generate+score",
        declared=config_of(run.start.declared, name),
        config=config_of(run.start.config, name),
        overrides=(),
        citation="",
    )
    inner = type(run)(
        random_seed=run.random_seed,
        recipe=dict(benchmark.recipe),
        seeds=benchmark.seeds,
        model=benchmark.model or run.model,
        start=start,
        budget=budget,
        actions={"generate": Generate(), "score": SCORE},
    )
    inner.outer = run
    return inner


def config_of(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the config of the run that answers a benchmark, as that of a recipe of its own."""
    own = config["benchmarks"][name]
    kept = {key: config[key] for key in ("random_seed", "model")}
    return {**kept, "seeds": own["seeds"], "recipe": own["recipe"], **({"model": own["model"]} if own["model"] else {})}


def left(budget: Budget, used: Usage) -> Budget | None:
    """Return what is left of a budget; None where nothing is."""
    requests = None if budget.requests is None else budget.requests - used.requests
    tokens = None if budget.tokens is None else budget.tokens - used.tokens
    usd = None if budget.usd is None else budget.usd - used.usd
    if any(limit is not None and limit <= 0 for limit in (requests, tokens, usd)):
        return None
    return Budget(requests=requests, tokens=None if tokens is None else int(tokens), usd=usd, minutes=budget.minutes)
