"""The grades that a judge gave to the answers of a benchmark (Self-Instruct, section 5.4).

An answer graded A satisfies, one graded B is acceptable: their shares are what the paper reports.  Nothing is dropped:
a task without an answer has the lowest grade, and an answer whose grade could not be read counts as not A and not B,
and its share is shown.
"""

from collections.abc import Mapping
from typing import ClassVar

from selfinstruct.metrics.table import Interval, Item, Line, lines_of
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Task


@part
class Ratings:
    """Shares of the grades from A to D."""

    benchmark: str
    """The name under which the scores stand in `summary.json`."""
    group: str
    """The attribute of a task that says to which group it belongs."""
    attribute: str
    """The attribute that holds the grade."""
    meanings: ClassVar[Mapping[str, str]] = {
        "rated_a": "share of answers that the judge graded A: valid and satisfying",
        "rated_a_or_b": "share of answers graded A or B: acceptable, perhaps with small errors",
        "unreadable": "share of answers for which the judge gave no grade that could be read; they count as neither",
    }

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return the shares among the answers judged in a round."""
        judged = [self.item(task) for task in round_.tasks if self.attribute in task.attributes]
        names = ("rated_a", "rated_a_or_b")
        return {name: round(sum(item.figures[name] for item in judged) / len(judged), 6) for name in names if judged}

    def items(self, pool: Pool) -> list[Item]:
        """Return every task of the benchmark with its grade, as shares of 0 or 1."""
        return [self.item(task) for task in pool if task.references]

    def lines(self, pool: Pool) -> list[Line]:
        """Return the table: all, and by group."""
        intervals: dict[str, Interval] = dict.fromkeys(("rated_a", "rated_a_or_b"), "wilson")
        return lines_of(self.items(pool), self.group, intervals)

    def item(self, task: Task) -> Item:
        """Return the grade of one task."""
        grade = task.attributes.get(self.attribute)
        figures = {
            "rated_a": float(grade == "A"),
            "rated_a_or_b": float(grade in ("A", "B")),
            "unreadable": float(grade is None and task.is_answered),
        }
        group = str(task.attributes.get(self.group, "none"))
        return Item(id=f"{task.id}-0", task=task.id, group=group, figures=figures)
