"""How a model may be asked, and what a line hands on of a request."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

from selfinstruct.model.limits import Use
from selfinstruct.request import Completion, Request

Send: TypeAlias = Callable[[Request], Awaitable[Completion]]
"""Makes one attempt: a completion, or an exception."""
Asked: TypeAlias = tuple[Request, "Future[Completion]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How a model may be asked."""

    concurrency: int
    timeout_seconds: float
    deadline_seconds: float | None
    attempts: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The further parameters of every request."""


def terms_of(model: object) -> RateLimits:
    """The terms that a model's YAML declares, under the same names."""
    return RateLimits(**{field.name: getattr(model, field.name) for field in fields(RateLimits)})


class Permit(NamedTuple):
    """The permit to make one attempt."""

    number: int
    use: Use
