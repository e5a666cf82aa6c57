"""Reject instances that the same reply holds already; the first stays, and white space around texts does not count."""

from typing import ClassVar

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


@part
class Duplicate:
    """Rejects an instance with the same input and output as an earlier one of the reply."""

    compares_instances: ClassVar[bool] = True
    """It does."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the earlier instance that this one repeats."""
        if candidate.instance is None:
            return None
        texts = stripped(candidate.instance)
        for position, earlier in enumerate(candidate.instances[: candidate.position]):
            if stripped(earlier) == texts:
                return f"repeats instance {position + 1} of the reply"
        return None


def stripped(instance: Instance) -> tuple[str, str]:
    """Input and output without the white space around them."""
    return instance.input.strip(), instance.output.strip()
