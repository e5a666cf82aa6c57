"""Reject what a judge has judged so: a judge is a stage, and what its model says of a task is an attribute."""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Verdict:
    """Rejects by what the reply says of an attribute."""

    attribute: str
    """The attribute that the judge fills."""
    values: dict[str, bool]
    """The verdicts, and whether a task so judged is rejected."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the verdict, where it is one of those."""
        verdict = str(candidate.attributes.get(self.attribute))
        return f"judged {verdict!r}" if self.values.get(verdict) else None
