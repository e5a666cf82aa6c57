"""A model whose replies are written beforehand, in a file or a list: to try and to test a recipe, prompt or parser.

The first reply of a stage answers its first request.  Replies are stored in the order asked; so a run that is resumed
continues with the reply after the last one that was stored, and ends with the same bytes.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar, Self

from pydantic import TypeAdapter, model_validator

from selfinstruct.budget import Pricing
from selfinstruct.errors import DataError
from selfinstruct.model import ImmediateSession, Mode, Session
from selfinstruct.model.json_lines import read
from selfinstruct.part import part
from selfinstruct.request import Completion, Failure, Request
from selfinstruct.task import SCRIPTED


@part
class Reply:
    """One reply of a script."""

    stage: str
    """The stage that asks."""
    text: str
    finish_reason: str = "stop"
    """Why the reply ended, as a provider would say it; `length` for a reply that is cut off."""


REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


@part
class Scripted:
    """Answers with replies that were written beforehand."""

    mode: Mode
    """`chat` to be sent messages, `completion` to continue a text."""
    path: Path | None
    """A JSONL file with one reply a line."""
    replies: list[Reply] | None
    """The replies themselves, in place of a file."""
    name: ClassVar[str] = SCRIPTED
    is_offline: ClassVar[bool] = True
    store: ClassVar[str | None] = None

    @model_validator(mode="after")
    def _has_replies(self) -> Self:
        if (self.path is None) == (self.replies is None):
            raise ValueError("needs one of path and replies; set the other one to null")
        return self

    def pricing(self) -> Pricing:
        """Return a price of 0."""
        return Pricing(0.0, 0.0)

    def problems(self) -> list[str]:
        """Return every mistake in the file."""
        try:
            self.script()
        except DataError as error:
            return error.problems
        return []

    def fingerprint(self) -> dict[str, object]:
        """Return name and mode; the file is not part of it, so that replies can be added and the run resumed."""
        return {"name": self.name, "mode": self.mode}

    def script(self) -> dict[str, list[Reply]]:
        """Return the replies of each stage, in order; raises DataError with every bad line of the file."""
        replies = self.replies if self.path is None else read(self.path, REPLY, "replies")
        found: dict[str, list[Reply]] = {}
        for reply in replies or ():
            found.setdefault(reply.stage, []).append(reply)
        return found

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session that starts after the replies which earlier processes got."""
        script, used = self.script(), Counter(answered or {})

        def answer(request: Request) -> Completion:
            replies, place = script.get(request.stage, []), used[request.stage]
            if place >= len(replies):
                file = "model.replies" if self.path is None else self.path
                wanted = f"{file} has no reply number {place + 1} for stage {request.stage}"
                return Completion(failure=Failure("fatal", f"{wanted}. Add replies to it, or ask for fewer tasks."))
            used[request.stage] += 1
            reply = replies[place]
            return Completion(text=reply.text, finish_reason=reply.finish_reason, cost_usd=0.0, model=SCRIPTED)

        return nullcontext(ImmediateSession(answer))
