"""Reject instances without an output.

The reference code of Self-Instruct drops them; that of Alpaca does not, and 28 stand in its release.
"""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class EmptyOutput:
    """Rejects an instance whose output is empty or white space."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return that the output is empty, where it is."""
        if candidate.instance is not None and not candidate.instance.output.strip():
            return "the output is empty"
        return None
