"""The answers of two systems to the same tasks, for a judge to compare.

Each comes from the folder of a run that answered a benchmark (its `answers.jsonl`, which `actions=[score]` writes), or
from a file of predictions in the form that was published with Self-Instruct: `instruction`, `input`, `response`, and
`target`, which is not needed.  Answers are matched by instruction and input.
"""

from pathlib import Path

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row
from selfinstruct.seeds.fields import mistakes_in_input, mistakes_in_instruction, mistakes_in_text
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import HUMAN, Reference, Task

ANSWERS = "answers.jsonl"


@part
class TwoAnswers:
    """Reads two sets of answers."""

    first: Path
    """A run's folder or a file of predictions; a relative path starts where the command runs."""
    second: Path
    """The same, of the system that it is compared with."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of the first file; raises DataError with every mistake in them."""
        problems: list[str] = []
        first, second = (answers_in(path, problems) for path in (self.first, self.second))
        is_read = not problems
        for path, others in ((self.first, second.keys() - first.keys()), (self.second, first.keys() - second.keys())):
            if others and is_read:
                example = min(others)[0][:60]
                lacks = "the answer to 1 task" if len(others) == 1 else f"the answers to {len(others)} tasks"
                problems.append(f"{path}: lacks {lacks} of the other file, as {example!r}.")
        if not first and not problems:
            problems.append(f"{self.first}: holds no answers.")
        if problems:
            raise DataError(problems)
        names = [system_of(path) for path in (self.first, self.second)]
        return [
            Task(
                id=f"pair_{number}",
                origin=HUMAN,
                instruction=instruction,
                attributes={"systems": names, "answers": [answer, second[instruction, given]]},
                references=(Reference(given, ()),),
            )
            for number, ((instruction, given), answer) in enumerate(first.items(), 1)
        ]


def answers_in(path: Path, problems: list[str]) -> dict[tuple[str, str], str]:
    """Return the answers of a file by instruction and input; what is wrong with it is noted."""
    try:
        found = list(lines_or_items(path / ANSWERS if path.is_dir() else path))
    except DataError as error:
        problems += [text.partition(" Set ")[0] for text in error.problems]
        return {}
    answers: dict[tuple[str, str], str] = {}
    for item in found:
        mistakes = item.mistakes or mistakes_in(item.row)
        if not mistakes:
            key = item.row["instruction"].strip(), (item.row["input"] or "").strip()
            if key in answers:
                mistakes = ["this task has an answer already"]
            answers[key] = answer_of(item.row)
        problems += [f"{item.place}: {mistake}." for mistake in mistakes]
    return answers


def mistakes_in(row: Row) -> list[str]:
    """Return everything that is wrong with an answer."""
    key = "answer" if "answer" in row else "response"
    found = [*mistakes_in_instruction(row.get("instruction")), *mistakes_in_input(row)]
    return found + ([] if key in row and row[key] is None else mistakes_in_text(row.get(key), key))


def answer_of(row: Row) -> str:
    """Return the answer; one that is null is empty."""
    return str(row.get("answer", row.get("response")) or "").strip()


def system_of(path: Path) -> str:
    """Return what the system is called: the end of its path, without what every such file has."""
    return path.name.removesuffix(".jsonl").removesuffix("_predictions") or str(path)
