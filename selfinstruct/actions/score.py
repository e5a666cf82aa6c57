"""Write the scores of induced instructions: `scores.csv` for programs, `scores.md` for people.

Each family has a row, and all of them together: execution accuracy in both normal forms (`selfinstruct.text.scoring`),
the best instruction, and on request BERTScore with the instructions that people wrote (Instruction Induction, Honovich
et al., 2022, section 3).  All of it is computed from the pool, so that a finished run is scored again at no cost.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from selfinstruct.actions import bertscore
from selfinstruct.errors import RunFolderError
from selfinstruct.metrics.accuracy import Accuracy, accuracies, overall
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.reader import no_run
from selfinstruct.task import OFFLINE, SCRIPTED, stand_ins
from selfinstruct.text.escaping import csv_text, markdown, markdown_table

if TYPE_CHECKING:
    from selfinstruct.run import Run

Row: TypeAlias = dict[str, str | int | float | None]
COUNTS = ("prompts", "predictions", "instructions", "executed", "answers", "unanswered")
SHARES = ("paper", "strict", "bertscore")
ALL = "all"
"""The name of the last line."""


@part
class Score:
    """Writes the scores of a run of Instruction Induction."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = False

    bertscore: bool
    """Whether to compare the instructions with those of people by BERTScore as well; needs the extra `bertscore`."""
    bertscore_model: str
    """Its model: a name that `bert-score` knows, or a folder of that name. Scores of a model without a baseline are
    raw, and `scores.md` says so."""

    def problems(self, run: "Run") -> list[str]:
        """Report a folder without a run, and BERTScore without its package."""
        is_missing = self.bertscore and not bertscore.is_installed()
        return [*no_run(run, self), *([bertscore.MISSING] if is_missing else [])]

    def __call__(self, run: "Run") -> None:
        """Write both files; raises RunFolderError where nothing was induced."""
        paper, strict = accuracies(run.pool, "paper"), accuracies(run.pool, "strict")
        if not any(family.instructions for family in strict):
            makes = "recipe=instruction_induction makes them"
            why = makes if run.stopped is None else f"the run was stopped by its {run.stopped.reason}"
            raise RunFolderError(f"{run.start.folder} holds no induced instructions to score: {why}.")
        near = self._near(run.pool, strict) if self.bertscore else {}
        rows = [row(one, other, near) for one, other in zip(paper, strict, strict=True)]
        rows.append(total(rows, overall(paper), overall(strict)))
        models = dict.fromkeys(name for task in run.pool for name in task.models.values())
        replace_text(run.start.folder / "scores.csv", as_csv(rows))
        replace_text(run.start.folder / "scores.md", as_markdown(rows, list(models), self._rescaling if near else ""))

    @property
    def _rescaling(self) -> str:
        """Say whether the scores of BERTScore are rescaled."""
        if name := bertscore.name_of(self.bertscore_model, bertscore.baselines()):
            return f" `bertscore` is rescaled by the baseline of {markdown(name)}: unrelated sentences have about 0."
        model = markdown(self.bertscore_model)
        return f" `bertscore` is raw, for no baseline of {model} is known: unrelated sentences score far above 0."

    def _near(self, pool: Pool, found: Sequence[Accuracy]) -> dict[str, float]:
        """Return the BERTScore of each family: the mean over its predictions."""
        known = {task.attributes["family"]: task for task in pool if task.is_human and "family" in task.attributes}
        texts = [text for family in found for text in family.instructions]
        references = [known[one.family].attributes["instructions"] for one in found for _ in one.instructions]
        scores = iter(bertscore.similarities(texts, references, self.bertscore_model))
        return {
            family.family: sum(next(scores) * count for count in family.instructions.values())
            / sum(family.instructions.values())
            for family in found
            if family.instructions
        }


def row(paper: Accuracy, strict: Accuracy, near: Mapping[str, float]) -> Row:
    """Return the row of a family."""
    found: Row = {
        "family": strict.family,
        "metric": strict.metric,
        "prompts": strict.prompts,
        "predictions": sum(strict.instructions.values()),
        "instructions": len(strict.instructions),
        "executed": len(strict.means),
        "answers": strict.answers,
        "unanswered": strict.unanswered,
        "paper": rounded(paper.score),
        "strict": rounded(strict.score),
    }
    if near:
        found["bertscore"] = rounded(near.get(strict.family))
    best = strict.best
    return found | {"best": best, "best_strict": None if best is None else rounded(strict.means[best])}


def total(rows: Sequence[Row], paper: float | None, strict: float | None) -> Row:
    """Return the row of all families: sums of counts, means of scores."""
    found: Row = {**dict.fromkeys(rows[0]), "family": ALL, "paper": rounded(paper), "strict": rounded(strict)}
    found |= {key: sum(int(row[key] or 0) for row in rows) for key in COUNTS}
    if "bertscore" in rows[0]:
        near = [float(row["bertscore"]) for row in rows if row["bertscore"] is not None]
        found["bertscore"] = rounded(sum(near) / len(near))
    return found


def rounded(score: float | None) -> float | None:
    """Return a score with six digits."""
    return None if score is None else round(score, 6)


def as_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV, with empty cells for unknown values."""
    return csv_text([list(rows[0]), *(row.values() for row in rows)])


def as_markdown(rows: Sequence[Row], models: Sequence[str], rescaling: str = "") -> str:
    """Return the rows as a table in Markdown, with the meaning of its columns."""
    keys = [key for key in rows[0] if key not in ("answers", "executed", "best_strict")]
    cells = [keys, *([shown(key, row[key]) for key in keys] for row in rows)]
    note = ""
    if writers := " and ".join(
        {OFFLINE: "the offline grammar", SCRIPTED: "a script"}[name] for name in stand_ins(models)
    ):
        note = f"\n**The answers are those of {writers}, and do not measure a model.**\n"
    return (
        f"# Execution accuracy of induced instructions\n\nBy {', '.join(map(markdown, models))}.\n{note}\n"
        "Scores are in percent: `paper` by the published normal form of answers, `strict` by one that fixes its"
        " bugs. `unanswered` inputs, and prompts without a prediction, score 0. `instructions` are the different"
        f" ones among the `predictions`, and `best` is the one that scores highest.{rescaling}\n\n"
        f"{markdown_table(cells)}"
    )


def shown(key: str, value: str | int | float | None) -> str:
    """Return a cell of the table."""
    if value is not None and key in SHARES:
        return f"{100 * float(value):.1f}"
    return "" if value is None else markdown(str(value))
