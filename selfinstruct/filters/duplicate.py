"""Reject instances that the same reply holds already; the first stays, and white space around texts does not count."""

from typing import ClassVar

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Duplicate:
    """Rejects an instance with the same input and output as an earlier one of the reply."""

    compares_instances: ClassVar[bool] = True

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the earlier instance that this one repeats."""
        if candidate.instance is None:
            return None
        own = candidate.instance
        for position, earlier in enumerate(candidate.instances[: candidate.position]):
            if (earlier.input.strip(), earlier.output.strip()) == (own.input.strip(), own.output.strip()):
                return f"repeats instance {position + 1} of the reply"
        return None
