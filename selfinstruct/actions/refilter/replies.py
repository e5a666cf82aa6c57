"""Replies: those of the recorded run, copied, so that the new folder is whole by itself.

Without them nobody could see what a task was read from, and a run that goes on in the new folder would pay again for
what was answered.
"""

import json
from concurrent.futures import Future

from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Reply

TOGETHER = 500


def copy_replies(record: RunReader, store: Store) -> None:
    """Copy every reply; raises RunFolderError where one cannot be written."""
    waiting: list[Future[Completion]] = []
    with record.replies() as replies:
        for reply in replies:
            kept: Future[Completion] = Future()
            store.save(asked(reply), reply.completion, kept)
            waiting.append(kept)
            if len(waiting) == TOGETHER:
                settle(waiting)
    settle(waiting)


def settle(waiting: list["Future[Completion]"]) -> None:
    """Wait until all of these are on disk."""
    for kept in waiting:
        kept.result()
    waiting.clear()


def asked(reply: Reply) -> StoredRequest:
    """The request as the store keeps it."""
    stage, number, _ = reply.request.rsplit("/", 2)
    chat = json.loads(reply.identity).get("mode") == "chat"
    request = Request(reply.request, stage, int(number), reply.prompt, reply.system, chat, Decoding(), "")
    return StoredRequest(request, bytes.fromhex(reply.key), reply.draw, reply.identity, reply.decoding)
