"""Keep the keys of this process out of every file: they are replaced in errors and in replies.

Servers echo keys.  In a message every known key is replaced, and everything that looks like one.  In a reply, which is
data, only known keys that cannot be anything else: "none", "EMPTY" or some word is what many put into the variable of a
server that needs no key, and stands in honest replies.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import replace

from selfinstruct.request import Completion
from selfinstruct.text.pattern import lazy
from selfinstruct.text.secrets import ECHOED, VARIABLE

SHORTEST = 8  # characters; shorter values are not keys, and replacing them would garble messages
UNMISTAKABLE = lazy(r"(?=.*\d)(?=.*[A-Za-z])\S{8,}|\S{24,}", re.ASCII)  # keys that no honest reply holds by chance
SHOWN = "[key]"  # the replacement of a secret


class Secrets:
    """The keys of models, and all others in the environment."""

    def __init__(self, *keys: str | None) -> None:
        found = {value for name, value in os.environ.items() if VARIABLE.search(name)}
        found = {value for value in found if len(value.strip()) >= SHORTEST}
        stripped = {value.strip() for value in found}
        self.known = sorted(found | stripped | {key for key in keys if key}, key=lambda value: (-len(value), value))
        """All keys, the longest first, since one may be a part of another."""
        self._unmistakable = [value for value in self.known if UNMISTAKABLE.fullmatch(value)]

    def out_of_message(self, text: str) -> str:
        """Return a message without secrets and without anything that looks like one."""
        return ECHOED.sub(SHOWN, without(text, self.known))

    def out_of_reply(self, reply: Completion) -> Completion:
        """Return a reply without the keys that cannot be anything else."""
        texts = (reply.text, reply.finish_reason, reply.model)
        if not any(value in text for text in texts for value in self._unmistakable):
            return reply
        text, finish_reason, model = (without(text, self._unmistakable) for text in texts)
        return replace(reply, text=text, finish_reason=finish_reason, model=model)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text with all of the secrets replaced."""
    for secret in secrets:
        text = text.replace(secret, SHOWN)
    return text
