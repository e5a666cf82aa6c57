"""Who completes the prompts.

A model takes requests and gives completions in the order asked.  A request that fails is a completion with a failure,
never an exception that loses the others; `refused` fails one request, `unavailable` and `fatal` end the run.

To add one behind LiteLLM, write `conf/model/<name>.yaml`; another kind of model is one module beside it.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, runtime_checkable

from selfinstruct.round import Completion, Request

Mode = Literal["chat", "completion"]


@runtime_checkable
class Model(Protocol):
    """Completes prompts."""

    @property
    def name(self) -> str:
        """What logs, summary and dataset call it."""
        ...

    @property
    def mode(self) -> Mode:
        """`chat` for models that are sent messages, `completion` for models that continue a text."""
        ...

    @property
    def is_offline(self) -> bool:
        """Whether its text is made up here, and is no model's."""
        ...

    def problems(self) -> list[str]:
        """What would keep it from answering, found without asking it: a missing key, an unknown provider."""
        ...

    def identity(self) -> dict[str, object]:
        """Everything about the model, beside the request, that shapes a reply (name, endpoint, mode, fault rates)."""
        ...

    def complete(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """One completion a request, in the order asked, each as soon as it and those before it are there."""
        ...
