"""Reject instances that break off where something should follow, as the reference code of Self-Instruct does.

The full-width colon of Chinese and Japanese counts, too.
"""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class EndsWithColon:
    """Rejects an instance whose input or output ends with a colon."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return which of the two ends with a colon."""
        if candidate.instance is not None:
            for name, text in (("input", candidate.instance.input), ("output", candidate.instance.output)):
                if text.rstrip().endswith((":", "：")):
                    return f"the {name} ends with {text.rstrip()[-1]!r}"
        return None
