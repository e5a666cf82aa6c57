"""Anthropic's batch interface: requests go in with one call, and a file of messages comes out."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from selfinstruct.model.batches import OVER, BatchState, Body, Calls, Priced, named
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.protocol import is_object
from selfinstruct.model.replies import completion, text_in
from selfinstruct.request import Completion, Request


class AnthropicBatches:
    """Anthropic's batch interface."""

    def __init__(self, calls: Calls, body: Body, priced: Priced) -> None:
        self._calls, self._body, self._priced = calls, body, priced

    async def create(self, requests: Mapping[str, Request]) -> str:
        """Hand over the requests."""
        wanted = [{"custom_id": name, "params": self._body(request)} for name, request in requests.items()]
        found: str = (await self._calls.object("POST", "v1/messages/batches", json={"requests": wanted}))["id"]
        return found

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        found = await self._calls.object("GET", f"v1/messages/batches/{batch}")
        counts = found.get("request_counts") or {}
        done = sum(count for name, count in counts.items() if name != "processing")
        is_over = found.get("processing_status") in OVER
        return BatchState(is_over=is_over, done=done, files=(batch,) if is_over else ())

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name."""
        replies = {}
        for file in state.files:
            for name, line in named(await self._calls.content("GET", f"v1/messages/batches/{file}/results")):
                result = line.get("result")
                if name in requests and is_object(result) and is_object(message := result.get("message")):
                    with suppress(ReplyError):
                        replies[name] = self._priced(requests[name], message_of(message, requests[name]))
        return replies


def message_of(message: Mapping[str, Any], request: Request) -> Completion:
    """Return a message of Anthropic's as a completion; its thoughts are not text."""
    usage = message.get("usage") or {}
    new, written, cached = (usage.get(f"{name}input_tokens") for name in ("", "cache_creation_", "cache_read_"))
    prompt_tokens = None if new is None else new + (written or 0) + (cached or 0)
    tokens = prompt_tokens, usage.get("output_tokens")
    reason = str(message.get("stop_reason") or "")
    return completion(text_in(message.get("content")), reason, message.get("model"), tokens, request, cached=cached)
