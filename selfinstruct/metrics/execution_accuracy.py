"""Score, round by round, the instructions that are being executed (Honovich et al., 2022, section 3.1)."""

from collections.abc import Mapping

from selfinstruct.metrics.accuracy import accuracies, overall
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.text.scoring import Scoring


@part
class ExecutionAccuracy:
    """Scores induced instructions by what comes of them on held-out inputs."""

    scoring: Scoring
    """`paper` for the published normal form of answers, with its defects; `strict` for one that mends them."""

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float]:
        """Return `score/<family>`, and with the last round `score`, the mean of all families."""
        families = None if round_.ended else {str(task.attributes.get("family")) for task in round_.tasks}
        found = accuracies(pool, self.scoring, families)
        scores = {f"score/{family.family}": family.score for family in found}
        if round_.ended:
            scores["score"] = overall(found)
        return {name: round(score, 6) for name, score in scores.items() if score is not None}
