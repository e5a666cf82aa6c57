"""Score, round by round, the instructions that are being executed (Honovich et al., 2022, section 3.1)."""

from collections.abc import Mapping
from typing import ClassVar

from selfinstruct.metrics.accuracy import Accuracy, accuracies, overall
from selfinstruct.metrics.table import Figure, Item, Line
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.text.scoring import Scoring


@part
class ExecutionAccuracy:
    """Scores induced instructions by what comes of them on held-out inputs."""

    scoring: Scoring
    """`paper` for the published normal form of answers, with its defects; `strict` for one without them."""
    benchmark: ClassVar[str] = "instruction_induction"
    meanings: ClassVar[Mapping[str, str]] = {
        "paper": "execution accuracy by the published normal form of answers",
        "strict": "execution accuracy by a normal form without the defects of the published one",
        "bertscore": "BERTScore of the induced instructions with those of people",
        "best_strict": "`strict` of the instruction that does best",
    }

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return `score/<family>`, and with the last round `score`, the mean of all families."""
        families = None if round_.ended else {str(task.attributes.get("family")) for task in round_.tasks}
        found = accuracies(pool, self.scoring, families)
        scores = {f"score/{family.family}": family.score for family in found}
        if round_.ended:
            scores["score"] = overall(found)
        return {name: round(score, 6) for name, score in scores.items() if score is not None}

    def items(self, pool: Pool) -> list[Item]:
        """Return the families that have a score."""
        paper, strict = accuracies(pool, "paper"), accuracies(pool, "strict")
        return [
            Item(id=one.family, task=one.family, group="all", figures={"paper": one.score, "strict": other.score})
            for one, other in zip(paper, strict, strict=True)
            if one.score is not None and other.score is not None
        ]

    def lines(self, pool: Pool) -> list[Line]:
        """Return a line for each family, below the mean over all of them."""
        paper, strict = accuracies(pool, "paper"), accuracies(pool, "strict")
        if not any(family.instructions for family in strict):
            return []
        lines = [line_of(one, other) for one, other in zip(paper, strict, strict=True)]
        means = {"paper": share(overall(paper)), "strict": share(overall(strict))}
        sums = {key: sum(int(line.notes[key] or 0) for line in lines) for key in COUNTS}
        items = sum(line.items for line in lines)
        return [Line(level="all", name="all", items=items, figures=means, notes=sums), *lines]


COUNTS = ("prompts", "predictions", "instructions", "executed", "unanswered")


def line_of(paper: Accuracy, strict: Accuracy) -> Line:
    """Return the line of a family, by both normal forms."""
    counts = (strict.prompts, sum(strict.instructions.values()), len(strict.instructions), len(strict.means))
    best = strict.best
    figures = {"paper": share(paper.score), "strict": share(strict.score)}
    if best is not None:
        figures["best_strict"] = share(strict.means[best])
    notes = {"metric": strict.metric, **dict(zip(COUNTS, (*counts, strict.unanswered), strict=True)), "best": best}
    return Line(level="family", name=strict.family, items=strict.answers, figures=figures, notes=notes)


def share(score: float | None) -> Figure:
    """Return a score with six digits."""
    return Figure(None if score is None else round(score, 6))
