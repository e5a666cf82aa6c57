"""Anthropic's batch interface: requests go in with one call, and a file of messages comes out.

The list of batches says nothing of their requests.  So a batch that may have been created is found by its results,
in which the names of the requests begin with its mark; while it is not over, nobody knows whose it is.
"""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import datetime
from secrets import token_hex
from typing import Any

from selfinstruct.model.batches import OVER, BatchState, Body, Calls, Found, Intent, Priced, named
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.protocol import is_object
from selfinstruct.model.replies import completion, text_in
from selfinstruct.request import Completion, Request

PATH = "v1/messages/batches"
LONGEST_PAGE = 1000
"""Batches in a page of the list, at most."""
SKEW = 86_400.0
"""Seconds by which the clock of this machine may differ from Anthropic's."""


class AnthropicBatches:
    """Anthropic's batch interface."""

    def __init__(self, calls: Calls, body: Body, priced: Priced) -> None:
        self._calls, self._body, self._priced = calls, body, priced
        self._others: set[str] = set()  # batches that are over and hold other requests than those looked for

    async def prepare(self, requests: Mapping[str, Request]) -> str:
        """Return a mark that no other batch has."""
        return token_hex(8)

    async def create(self, mark: str, requests: Mapping[str, Request]) -> str:
        """Hand over the requests."""
        wanted = [{"custom_id": f"{mark}-{name}", "params": self._body(request)} for name, request in requests.items()]
        found: str = (await self._calls.object("POST", PATH, json={"requests": wanted}))["id"]
        return found

    async def find(self, intent: Intent) -> Found:
        """Look for a batch among those of as many requests that were not created before."""
        is_certain = True
        async with aclosing(self._calls.listed(PATH, "after_id", LONGEST_PAGE)) as batches:
            async for one in batches:
                if one["id"] in self._others or not may_be(one, intent):
                    continue
                if one.get("processing_status") not in OVER:
                    is_certain = False
                elif await self._holds(one["id"], intent.mark):
                    return Found(one["id"], is_certain=True)
                else:
                    self._others.add(one["id"])
        return Found(None, is_certain)

    async def _holds(self, batch: str, mark: str) -> bool:
        """Return whether the requests of a batch have a mark."""
        names = named(await self._calls.content("GET", f"{PATH}/{batch}/results"))
        return next((name.startswith(f"{mark}-") for name, _ in names), False)

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        found = await self._calls.object("GET", f"{PATH}/{batch}")
        counts = found.get("request_counts") or {}
        done = sum(count for name, count in counts.items() if name != "processing")
        is_over = found.get("processing_status") in OVER
        return BatchState(is_over=is_over, done=done, files=(batch,) if is_over else ())

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name."""
        replies = {}
        for file in state.files:
            for custom_id, line in named(await self._calls.content("GET", f"{PATH}/{file}/results")):
                name, result = custom_id.rpartition("-")[2], line.get("result")
                if name in requests and is_object(result) and is_object(message := result.get("message")):
                    with suppress(ReplyError):
                        replies[name] = self._priced(requests[name], message_of(message, requests[name]))
        return replies


def may_be(batch: Mapping[str, Any], intent: Intent) -> bool:
    """Return whether a batch of the list may be the one that was about to be created."""
    counts = batch.get("request_counts")
    if batch.get("archived_at") or (is_object(counts) and sum(counts.values()) != intent.count):
        return False
    try:
        created = datetime.fromisoformat(str(batch.get("created_at"))).timestamp()
    except ValueError:
        return True
    return created > intent.since - SKEW


def message_of(message: Mapping[str, Any], request: Request) -> Completion:
    """Return a message of Anthropic's as a completion; its thoughts are not text."""
    usage = message.get("usage") or {}
    new, written, cached = (usage.get(f"{name}input_tokens") for name in ("", "cache_creation_", "cache_read_"))
    prompt_tokens = None if new is None else new + (written or 0) + (cached or 0)
    tokens = prompt_tokens, usage.get("output_tokens")
    reason = str(message.get("stop_reason") or "")
    return completion(text_in(message.get("content")), reason, message.get("model"), tokens, request, cached=cached)
