"""Estimate what a run would ask and cost, without asking anything.

The config is composed, built and checked like that of a run, and its prompts are rendered; only the replies are
missing.  What the machine lacks, such as an API key, is only noted, since a plan is often made on another machine.

With a trainer, the plan also says what the training would be: on the dataset of the run where it is made, on one row
for each expected task where it is not, or on a file of rows.  Weights are not loaded.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.generate import seed_problems
from selfinstruct.actions.plan import training
from selfinstruct.actions.plan.assumptions import Assumptions
from selfinstruct.actions.plan.earlier import Earlier, read
from selfinstruct.actions.plan.planned import Planned
from selfinstruct.actions.plan.report import report
from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.recipe import asking
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.folder import CONFIG, replace_text
from selfinstruct.text.terminal import printable
from selfinstruct.trackers.screen import screen

if TYPE_CHECKING:
    from selfinstruct.run import Run

PLAN = "plan.json"
PLANS = "plan"
"""The folder in a sweep's that holds the plans of jobs without a run."""


@part
class Plan:
    """Estimates requests, tokens, dollars and time of a run."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    like: str | None
    """The folder of an earlier run, whose measurements replace assumptions; null for none."""
    dataset: Path | None
    """A JSONL file of rows: only a training on it is planned; null for the run, and a training on its dataset."""
    assume: Assumptions
    """The assumptions where no earlier run was measured."""

    def problems(self, run: "Run") -> list[str]:
        """Report bad seeds, prompts that cannot be rendered, and an unreadable earlier run."""
        if self.dataset is not None:
            trainer = [] if run.trainer else ["plan.dataset needs a trainer. Set trainer=lora, for example."]
            return [*trainer, *([] if self.dataset.is_file() else [f"plan.dataset={self.dataset} is not a file."])]
        problems = seed_problems(run)
        try:
            self._earlier()
        except RunFolderError as error:
            problems.append(str(error))
        return problems

    def __call__(self, run: "Run") -> None:
        """Print the plan, and write it to `plan.json`; where no stage asks a model, say so instead."""
        asks = self.dataset is None and bool(asking(run.recipe))
        if not asks and run.trainer is None:
            screen().print(f"recipe={run.start.recipe} asks no model: it costs nothing, and there is nothing to plan.")
            return
        planned = Planned(run, self.assume, self._earlier()) if asks else None
        plan: dict[str, Any] = (
            planned.whole() if planned else {"recipe": run.start.recipe, "overrides": list(run.start.overrides)}
        )
        if run.trainer is not None:
            plan["training"] = training.planned(run, run.trainer, self.dataset, planned.made if planned else None)
        path = place_of(run.start)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(plan, indent=2, ensure_ascii=False) + "\n")
        text = "\n\n".join(
            [
                *([report(plan)] if planned else []),
                *([training.shown(plan["training"])] if "training" in plan else []),
            ]
        )
        if run.start.group is not None and planned:
            text += f"\n- {sweep(run.start)}"
        screen().print(printable(text), soft_wrap=True)

    def _earlier(self) -> Earlier | None:
        return None if self.like is None else read(Path(self.like))


def sweep(start: RunInfo) -> str:
    """Return the sum of all jobs of the sweep that were planned so far, in one line."""
    folder, plans = start.folder.parent, []
    apart = [path for path in (folder / PLANS).glob("*.json") if not (folder / path.stem / PLAN).exists()]
    for path in sorted([*folder.glob(f"*/{PLAN}"), *apart]):
        with suppress(OSError, ValueError):
            plans.append(json.loads(path.read_text(encoding="utf-8")))
    plans = [plan for plan in plans if "total" in plan]  # others are of a training alone
    done = [Path(plan["done"]).name for plan in plans if plan["done"]]
    left = [plan["total"] for plan in plans if not plan["done"]]
    requests = sum(total["requests"]["expected"] for total in left)
    costs = [total["cost_usd"] for total in left]
    cost = "unknown (set model.price)" if None in costs else f"${sum(cost['expected'] for cost in costs):,.2f}"
    finished = f"finished: {', '.join(done)}" if done else "none of them finished"
    return f"Jobs of the sweep planned so far: {len(plans)}, {finished}; left: {requests:,.0f} requests, cost {cost}."


def place_of(start: RunInfo) -> Path:
    """Return where a plan is written: a job of a sweep that has no run yet leaves no folder among the runs."""
    if start.group is None or (start.folder / CONFIG).exists():
        return start.folder / PLAN
    return start.folder.parent / PLANS / f"{start.folder.name}.json"
