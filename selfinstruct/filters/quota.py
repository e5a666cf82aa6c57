"""Reject what comes for a topic that has all its tasks: its requests were under way when it became full."""

from functools import cached_property
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import TOPIC, Pool, TopicCounts, quotas
from selfinstruct.round import Candidate


@part
class Quota:
    """Rejects a candidate whose topic has its quota."""

    topics: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    """Topic to weight, as in the sampler `topics`. Tasks without one of these topics are not judged."""
    total: Annotated[int, Field(ge=1)]
    """Tasks that the quotas add up to."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the topic and its quota, where that is reached."""
        topic = str(candidate.attributes.get(TOPIC))
        quota = self._quotas.get(topic)
        if quota is None or pool.index(TOPIC, TopicCounts).made[topic] < quota:
            return None
        return f"{topic!r} has its {quota} tasks"

    @cached_property
    def _quotas(self) -> dict[str, int]:
        return quotas(self.topics, self.total)
