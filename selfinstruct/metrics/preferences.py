"""Which of two systems a judge prefers, when it sees each pair of answers in both orders.

A system wins a task where the judge prefers its answer in both orders.  All else is a tie: a verdict that flips with
the order says something of the judge and nothing of the answers.  A task with a verdict that could not be read is a
tie, too, and the share of these is shown.  All figures are those of the first system.
"""

from collections.abc import Mapping
from typing import ClassVar

from selfinstruct.metrics.length_controlled import at_equal_length
from selfinstruct.metrics.table import Figure, Interval, Item, Line, line
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Task

FIRST_WINS = {"1": 1.0, "tie": 0.5, "2": 0.0}
"""What a verdict is worth for the answer that was shown first."""


@part
class Preferences:
    """Wins, ties and losses of the first system."""

    benchmark: str
    """The name under which the scores stand in `summary.json`."""
    forward: str
    """The attribute with the verdict where the first system's answer was shown first."""
    backward: str
    """The attribute with the verdict where it was shown second."""
    meanings: ClassVar[Mapping[str, str]] = {
        "win": "share of tasks in which the judge prefers the first system in both orders",
        "tie": "share of tasks in which it prefers neither, or its verdict flips with the order",
        "loss": "share of tasks in which it prefers the second system in both orders",
        "win_rate": "wins and half of the ties",
        "win_rate_at_equal_length": "the same if the answers were equally long, by a logistic regression",
        "flipped": "share of tasks in which the verdict changes with the order",
        "first_shown_wins": "share of the decided verdicts that are for the answer shown first; 0.5 is fair",
        "longer_wins": "share of the decided verdicts that are for the longer answer",
        "unreadable": "share of tasks with a verdict that could not be read; they are ties",
        "words_first": "mean number of words of the first system's answers",
        "words_second": "mean number of words of the second system's answers",
    }

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return the share of the round's decided verdicts that are for the answer shown first."""
        newest = [task.attributes.get(self.backward, task.attributes.get(self.forward)) for task in round_.tasks]
        said = [verdict for verdict in newest if verdict in ("1", "2")]
        return {"first_shown_wins": round(said.count("1") / len(said), 6)} if said else {}

    def items(self, pool: Pool) -> list[Item]:
        """Return every task with what came of the comparison."""
        return [self.item(task) for task in pool if "answers" in task.attributes]

    def lines(self, pool: Pool) -> list[Line]:
        """Return one line: there are no groups."""
        tasks = [task for task in pool if "answers" in task.attributes]
        if not tasks:
            return []
        items = [self.item(task) for task in tasks]
        intervals: dict[str, Interval] = {"win": "wilson", "loss": "wilson", "win_rate": "bootstrap"}
        found = line("all", " / ".join(tasks[0].attributes["systems"]), items, intervals)
        rate, reason = at_equal_length([self.worth(task) for task in tasks], [lengths(task) for task in tasks])
        figures = {**found.figures, "win_rate_at_equal_length": Figure(None if rate is None else round(rate, 6))}
        notes = {"at_equal_length": f"could not be fitted: {reason}"} if reason else {}
        return [Line(level="all", name=found.name, items=len(items), figures=figures, notes=notes)]

    def verdicts(self, task: Task) -> tuple[float | None, float | None]:
        """Return what both verdicts are worth for the first system, from 0 to 1; None where one could not be read."""
        forward, backward = (FIRST_WINS.get(task.attributes.get(key, "")) for key in (self.forward, self.backward))
        return forward, None if backward is None else 1 - backward

    def worth(self, task: Task) -> float:
        """Return what a task is worth for the first system: 1 for a win, 0 for a loss, 0.5 for a tie."""
        found = self.verdicts(task)
        return found[0] if found[0] is not None and found[0] == found[1] else 0.5

    def item(self, task: Task) -> Item:
        """Return what came of one task."""
        worth, verdicts = self.worth(task), self.verdicts(task)
        forward, backward = verdicts
        first, second = lengths(task)
        decided = [value for value in verdicts if value in (0.0, 1.0)]
        figures = {
            "win": float(worth == 1),
            "tie": float(worth == 0.5),
            "loss": float(worth == 0),
            "win_rate": worth,
            "flipped": float(None not in verdicts and forward != backward),
            "unreadable": float(None in verdicts),
            "words_first": float(first),
            "words_second": float(second),
        }
        shown_first = [value for value in (forward, None if backward is None else 1 - backward) if value in (0.0, 1.0)]
        if shown_first:
            figures["first_shown_wins"] = sum(shown_first) / len(shown_first)
        if decided and first != second:
            share = sum(decided) / len(decided)
            figures["longer_wins"] = share if first > second else 1 - share
        return Item(id=task.id, task=task.id, group="all", figures=figures)


def lengths(task: Task) -> tuple[int, int]:
    """Return the number of words of both answers."""
    first, second = task.attributes["answers"]
    return len(first.split()), len(second.split())
