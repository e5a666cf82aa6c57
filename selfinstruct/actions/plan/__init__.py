"""Estimate what a run would ask and cost, without asking anything.

The config is composed, built and checked like that of a run, and its prompts are rendered; only the replies are
missing.  What the machine lacks, such as an API key, is only noted, since a plan is often made on another machine.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.generate import seed_problems
from selfinstruct.actions.plan.assumptions import Assumptions
from selfinstruct.actions.plan.earlier import Earlier, read
from selfinstruct.actions.plan.jobs import place_of, sweep
from selfinstruct.actions.plan.planned import Planned
from selfinstruct.actions.plan.report import report
from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.recipe import asking
from selfinstruct.storage.folder import replace_text
from selfinstruct.text.terminal import printable
from selfinstruct.trackers.screen import screen

if TYPE_CHECKING:
    from selfinstruct.run import Run


@part
class Plan:
    """Estimates requests, tokens, dollars and time of a run."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    like: str | None
    """The folder of an earlier run, whose measurements replace assumptions; null for none."""
    assume: Assumptions
    """The assumptions where no earlier run was measured."""

    def problems(self, run: "Run") -> list[str]:
        """Report bad seeds, prompts that cannot be rendered, and an unreadable earlier run."""
        problems = seed_problems(run)
        try:
            self._earlier()
        except RunFolderError as error:
            problems.append(str(error))
        return problems

    def __call__(self, run: "Run") -> None:
        """Print the plan, and write it to `plan.json`; where no stage asks a model, say so instead."""
        if not asking(run.recipe):
            screen().print(f"recipe={run.start.recipe} asks no model: it costs nothing, and there is nothing to plan.")
            return
        plan = Planned(run, self.assume, self._earlier()).whole()
        path = place_of(run.start)
        path.parent.mkdir(exist_ok=True)
        replace_text(path, json.dumps(plan, indent=2, ensure_ascii=False) + "\n")
        text = report(plan)
        if run.start.group is not None:
            text += f"\n- {sweep(run.start)}"
        screen().print(printable(text), soft_wrap=True)

    def _earlier(self) -> Earlier | None:
        return None if self.like is None else read(Path(self.like))
