"""Reject instances whose output is their input (Self-Instruct, section 2.2, step 4); white space is ignored."""

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class RepeatsInput:
    """Rejects an instance that gives its input back as the output."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return that the output repeats the input, where it does."""
        instance = candidate.instance
        if instance is not None and instance.output.strip() and instance.output.strip() == instance.input.strip():
            return "the output repeats the input"
        return None
