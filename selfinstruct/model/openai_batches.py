"""OpenAI's batch interface, which is also that of servers that speak its protocol.

A batch that may have been created is found by its file of requests, which no other batch has.  Rejected: metadata,
which not every server keeps.
"""

import json
from collections.abc import Mapping
from contextlib import aclosing, suppress

from selfinstruct.model.batches import OVER, BatchState, Body, Calls, Found, Intent, Priced, counts_in
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.protocol import PATHS, is_object, read
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion, Request

TOO_LARGE = "token_limit_exceeded"
"""OpenAI's code for a batch that has more tokens than an account may have waiting."""
LONGEST_PAGE = 100
"""Batches in a page of the list, at most."""
NO_PRICE = Price(prompt=None, completion=None)


class OpenAIBatches:
    """OpenAI's batch interface: a file of requests goes in, and files of replies come out."""

    def __init__(self, calls: Calls, body: Body, priced: Priced) -> None:
        self._calls, self._body, self._priced = calls, body, priced

    async def prepare(self, requests: Mapping[str, Request]) -> str:
        """Upload the requests, and return the id of their file."""
        from aiohttp import FormData

        asked = {"method": "POST", "url": path_of(requests)}
        lines = [{"custom_id": name, **asked, "body": self._body(request)} for name, request in requests.items()]
        form = FormData({"purpose": "batch"})
        form.add_field("file", "\n".join(map(json.dumps, lines)).encode(), filename="requests.jsonl")
        content = form()
        headers = {"Content-Type": content.headers["Content-Type"]}
        file: str = (await self._calls.object("POST", "files", data=content, headers=headers))["id"]
        return file

    async def create(self, mark: str, requests: Mapping[str, Request]) -> str:
        """Have the requests of a file answered."""
        wanted = {"input_file_id": mark, "endpoint": path_of(requests), "completion_window": "24h"}
        found: str = (await self._calls.object("POST", "batches", json=wanted))["id"]
        return found

    async def find(self, intent: Intent) -> Found:
        """Look for the batch of a file."""
        async with aclosing(self._calls.listed("batches", "after", LONGEST_PAGE)) as batches:
            async for one in batches:
                if one.get("input_file_id") == intent.mark:
                    return Found(one["id"], is_certain=True)
        return Found(None, is_certain=True)

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        found = await self._calls.object("GET", f"batches/{batch}")
        counts = counts_in(found)
        files = tuple(filter(None, (found.get("output_file_id"), found.get("error_file_id"))))
        errors = list(filter(is_object, listed_in(found.get("errors"))))
        why = "; ".join(str(error.get("message")) for error in errors) or "no reason is given"
        return BatchState(
            is_over=found.get("status") in OVER,
            done=counts.get("completed", 0) + counts.get("failed", 0),
            files=files,
            fault=why if found.get("status") == "failed" and not files else None,
            is_too_large=any(error.get("code") == TOO_LARGE for error in errors),
        )

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name."""
        replies = {}
        for file in state.files:
            async for name, line in self._calls.replies(f"files/{file}/content"):
                answer = line.get("response")
                if name in requests and is_object(answer) and answer.get("status_code") == 200:
                    body, request = json.dumps(answer.get("body")).encode(), requests[name]
                    with suppress(ReplyError):  # half a reply is none
                        replies[name] = self._priced(request, read(200, {}, body, request, NO_PRICE))
        return replies


def path_of(requests: Mapping[str, Request]) -> str:
    """Return the path to which each of the requests is sent."""
    return f"/v1/{PATHS[next(iter(requests.values())).chat]}"


def listed_in(errors: object) -> list[object]:
    """Return the errors of a batch that was refused, in any shape."""
    found = errors.get("data") if is_object(errors) else errors
    return found if isinstance(found, list) else []
