"""Anthropic's batch interface: requests go in with one call, and a file of messages comes out.

The list of batches says nothing of their requests.  So a batch that may have been created is found by its results,
in which the names of the requests begin with its mark; while it is not over, nobody knows whose it is.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from datetime import datetime
from secrets import token_hex
from typing import Any, TypeAlias

from selfinstruct.model.batches import OVER, BatchState, Body, Calls, Found, Intent, Priced, counts_in
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.protocol import is_object
from selfinstruct.model.replies import completion, is_count, text_in
from selfinstruct.request import Completion, Request
from selfinstruct.text.finish_reason import word_of

Betas: TypeAlias = Callable[[dict[str, Any]], set[str]]
"""Returns the betas that a body needs."""
AS_TOOL = "json_tool_call"
"""The tool by which LiteLLM holds models to a JSON schema that take no schema; what they call it with is the reply."""
PATH = "v1/messages/batches"
LONGEST_PAGE = 1000
"""Batches in a page of the list, at most."""
SKEW = 86_400.0
"""Seconds by which the clock of this machine may differ from Anthropic's."""


class AnthropicBatches:
    """Anthropic's batch interface."""

    def __init__(self, calls: Calls, body: Body, priced: Priced, betas: Betas) -> None:
        self._calls, self._body, self._priced, self._betas = calls, body, priced, betas
        self._others: set[str] = set()  # batches that are over and hold other requests than those looked for

    async def prepare(self, requests: Mapping[str, Request]) -> str:
        """Return a mark that no other batch has."""
        return token_hex(8)

    async def create(self, mark: str, requests: Mapping[str, Request]) -> str:
        """Hand over the requests."""
        wanted: list[dict[str, Any]] = [
            {"custom_id": f"{mark}-{name}", "params": self._body(request)} for name, request in requests.items()
        ]
        needed = sorted({beta for one in wanted for beta in self._betas(one["params"])})
        headers = {"anthropic-beta": ",".join(needed)} if needed else {}
        found: str = (await self._calls.object("POST", PATH, json={"requests": wanted}, headers=headers))["id"]
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
        async with aclosing(self._calls.replies(f"{PATH}/{batch}/results")) as replies:
            async for name, _ in replies:
                return name.startswith(f"{mark}-")
        return False

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        found = await self._calls.object("GET", f"{PATH}/{batch}")
        counts = counts_in(found)
        done = sum(counts.values()) - counts.get("processing", 0)
        is_over = found.get("processing_status") in OVER
        return BatchState(is_over=is_over, done=done, files=(batch,) if is_over else ())

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name."""
        replies = {}
        for file in state.files:
            async for custom_id, line in self._calls.replies(f"{PATH}/{file}/results"):
                name, result = custom_id.rpartition("-")[2], line.get("result")
                if name in requests and is_object(result) and is_object(message := result.get("message")):
                    with suppress(ReplyError):
                        replies[name] = self._priced(requests[name], message_of(message, requests[name]))
        return replies


def may_be(batch: Mapping[str, Any], intent: Intent) -> bool:
    """Return whether a batch of the list may be the one that was about to be created."""
    counts = counts_in(batch)
    if batch.get("archived_at") or (counts and sum(counts.values()) != intent.count):
        return False
    try:
        created = datetime.fromisoformat(str(batch.get("created_at"))).timestamp()
    except ValueError:
        return True
    return created > intent.since - SKEW


def message_of(message: Mapping[str, Any], request: Request) -> Completion:
    """Return a message of Anthropic's as a completion; its thoughts are not text."""
    usage = message.get("usage")
    counts = {key: value for key, value in usage.items() if is_count(value)} if is_object(usage) else {}
    new, written, cached = (counts.get(f"{name}input_tokens") for name in ("", "cache_creation_", "cache_read_"))
    prompt_tokens = None if new is None else new + (written or 0) + (cached or 0)
    tokens = prompt_tokens, counts.get("output_tokens")
    reason = word_of(message.get("stop_reason"))
    return completion(reply_in(message.get("content")), reason, message.get("model"), tokens, request, cached=cached)


def reply_in(content: object) -> str:
    """Return the text of a message, or the JSON with which a model called the tool that stands for a schema."""
    blocks = content if isinstance(content, list) else []
    calls = (block for block in blocks if is_object(block) and block.get("name") == AS_TOOL)
    return next((json.dumps(call.get("input"), ensure_ascii=False) for call in calls), text_in(content))
