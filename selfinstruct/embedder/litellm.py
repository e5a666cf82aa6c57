"""Any embedding model that LiteLLM reaches: https://docs.litellm.ai/docs/embedding/supported_embedding.

It is sent to as models behind LiteLLM are: the same clients, retries and limits.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar, Literal

from selfinstruct.embedder.endpoint import vector
from selfinstruct.model import Session
from selfinstruct.model.arguments import given
from selfinstruct.model.connection import opened
from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.sending import Send
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import ServerSettings, key_in
from selfinstruct.part import part
from selfinstruct.request import Completion, Request


@part
class LiteLLM(ServerSettings):
    """Embeds texts with a model behind LiteLLM."""

    mode: Literal["completion"] = "completion"
    """Not used: an embedder is sent a text."""
    reads_meaning: ClassVar[bool] = True

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; nothing is imported or connected before the first text."""
        return AsyncSession(self._opened, self, answered)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        async with opened(self.name, self.api_base, key_in(self.key_env)) as provider:

            async def send(request: Request) -> Completion:
                limits = {"timeout": self.timeout_seconds, "max_retries": 0, "num_retries": 0}
                response = await provider.embed(request.text, {**given(self.extra), **limits})
                found = read(response, self)
                if found.cost_usd is None and self.api_base is None:
                    return replace(found, cost_usd=provider.cost(response, chat=True))
                return found

            yield send


def read(response: Any, model: LiteLLM) -> Completion:
    """Return a response of LiteLLM as a vector; raises GarbledError for one without."""
    data = getattr(response, "data", None)
    if not isinstance(data, list) or len(data) != 1:
        raise GarbledError(200, "no vector: no data", {})
    tokens = getattr(getattr(response, "usage", None), "prompt_tokens", None)
    return vector(data[0]["embedding"], tokens, getattr(response, "model", None), model.price)
