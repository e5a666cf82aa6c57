"""What a judge says of generated tasks: the three questions of Self-Instruct (section 3.3, table 2) and a rating.

The paper's authors answered them about 200 tasks: 92 % valid instructions, 79 % appropriate inputs, 58 % correct
outputs, 54 % all three.  Every task that was judged counts, also one that a filter then rejected.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from selfinstruct.metrics.table import Interval, Item, Line, line
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Task

ALL = "all_three"


@part
class Quality:
    """Shares of the answers yes, and the mean rating."""

    questions: list[str]
    """The attributes that hold yes or no."""
    rating: str
    """The attribute that holds the rating."""
    benchmark: ClassVar[str] = "quality"
    meanings: ClassVar[Mapping[str, str]] = {
        "rating": "mean rating by the judge, from 1 to 5",
        "valid_instruction": "share of tasks whose instruction describes a valid task",
        "appropriate_input": "share of tasks whose input is appropriate for the instruction",
        "correct_output": "share of tasks whose output is a correct and acceptable response",
        ALL: "share of tasks of which the judge says all of this",
    }

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return the mean rating and the share of all three among the tasks judged in a round."""
        found = [item.figures for item in self.judged(round_.tasks)]
        return {name: round(sum(one[name] for one in found) / len(found), 6) for name in ("rating", ALL) if found}

    def items(self, pool: Pool) -> list[Item]:
        """Return every generated task that was judged."""
        return [item for item in self.judged(pool) if item.group == "made"]

    def lines(self, pool: Pool) -> list[Line]:
        """Return the table: generated tasks, those in the dataset, and seeds, which show what is possible."""
        intervals: dict[str, Interval] = {"rating": "bootstrap", **dict.fromkeys([*self.questions, ALL], "wilson")}
        judged = self.judged(pool)
        made = [item for item in judged if item.group == "made"]
        exported = [item for item in made if not pool[item.task].is_rejected]
        groups = {"all": made, "in the dataset": exported, "seeds": [item for item in judged if item.group == "seeds"]}
        if len(exported) == len(made):
            del groups["in the dataset"]
        return [
            line("all" if name == "all" else "part", name, found, intervals) for name, found in groups.items() if found
        ]

    def judged(self, tasks: Iterable[Task]) -> list[Item]:
        """Return the tasks that were judged, with what was said as shares of 0 or 1."""
        return [self.item(task) for task in tasks if self.rating in task.attributes]

    def item(self, task: Task) -> Item:
        """Return what was said of one task."""
        said = {name: float(task.attributes[name] == "yes") for name in self.questions}
        figures = {"rating": float(task.attributes[self.rating]), **said, ALL: min(said.values(), default=1.0)}
        return Item(id=task.id, task=task.id, group="seeds" if task.is_human else "made", figures=figures)
