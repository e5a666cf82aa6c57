"""Reject what the reply breaks off in: a reply that reaches its token limit ends anywhere.

The reference code of Self-Instruct drops the last instance as well, but all instructions of such a reply.
"""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Truncated:
    """Rejects an instruction or instance inside which the reply was cut off."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return that the reply was cut off inside it, where it was."""
        return "the reply was cut off inside it" if candidate.truncated else None
