"""A server that speaks OpenAI's protocol and embeds texts, asked directly: vLLM, TEI, llama.cpp, Infinity, a gateway.

It is sent to as `model=endpoint` is: the same session, retries and limits.  https://platform.openai.com/docs/api-reference/embeddings
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from selfinstruct.embedder import encode
from selfinstruct.model import Session
from selfinstruct.model.arguments import given
from selfinstruct.model.endpoint import connected, posted
from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.protocol import fault, is_object, is_success, parsed
from selfinstruct.model.replies import is_count
from selfinstruct.model.sending import Send
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import Price, ServerSettings, key_in
from selfinstruct.part import part
from selfinstruct.request import Completion, Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse


@part
class Endpoint(ServerSettings):
    """Embeds texts with a model behind a server that speaks OpenAI's protocol."""

    api_base: str
    """URL of the server, up to and with `/v1`."""
    mode: Literal["completion"] = "completion"
    """Not used: an embedder is sent a text."""
    reads_meaning: ClassVar[bool] = True

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; nothing is connected before the first text."""
        return AsyncSession(self._opened, self, answered)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        from yarl import URL

        url = URL(f"{self.api_base.rstrip('/')}/embeddings")
        async with connected(key_in(self.key_env), self.api_base) as session:

            async def send(request: Request) -> Completion:
                body = {**given(self.extra), "input": request.text, "model": self.name}
                return await posted(session, url, body, self.max_reply_bytes, self._read)

            yield send

    def _read(self, response: "ClientResponse", content: bytes) -> Completion:
        body = parsed(content)
        found = body if is_object(body) and is_success(response.status) else {}
        match found.get("data"):
            case [{**vectors}]:
                usage = found.get("usage")
                tokens = usage.get("prompt_tokens") if is_object(usage) else None
                return vector(vectors.get("embedding"), tokens, found.get("model"), self.price)
        raise fault(response.status, response.headers, content, body)


def vector(numbers: Any, tokens: object, model: object, price: Price) -> Completion:
    """Return a vector with its tokens, cost and model, None where unknown; raises GarbledError for another value."""
    try:
        text = encode(numbers)
    except (TypeError, ValueError) as error:
        why = error if isinstance(numbers, list) else f"{str(numbers)[:60]!r} is not a list of numbers"
        raise GarbledError(200, f"no vector: {why}", {}) from None
    count = tokens if is_count(tokens) else None
    return Completion(text, "stop", count, 0, price.of(count, 0), model=model if isinstance(model, str) else "")
