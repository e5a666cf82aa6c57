"""Reject what a judge has judged so.

A judge is a stage: it asks a model about each task, and what the model says is an attribute.  Which verdicts turn a
task away is said here, so that one recipe may count what is the end of a task in another.
"""

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
