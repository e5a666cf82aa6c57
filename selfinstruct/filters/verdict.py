"""Reject tasks by the verdict of a judge, which the judge's stage has stored as an attribute of the task."""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Verdict:
    """Rejects tasks whose attribute has one of some values."""

    attribute: str
    """The attribute that the judge fills."""
    values: dict[str, bool]
    """The verdicts, and whether a task so judged is rejected."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the verdict, where it is one of those."""
        verdict = str(candidate.attributes.get(self.attribute))
        return f"judged {verdict!r}" if self.values.get(verdict) else None
