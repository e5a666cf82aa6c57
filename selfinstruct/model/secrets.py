"""The keys of this process, which reach no file: taken out of what servers say, in errors and in replies.

Servers echo keys: in the message of a 401, in the page of a gateway, in what a proxy puts into a reply.  From a message
goes every known key, and whatever looks like one, for a message is only read.  A reply is data: from it go the known
keys alone, and of these only such as can be nothing else, since "none", "EMPTY" or some word is what many put into the
variable of a server that wants no key, and stands in honest replies.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import replace

from selfinstruct.request import Completion
from selfinstruct.text.secrets import ECHOED, VARIABLE

SHORTEST = 8
"""Characters; what is shorter is no key, and replacing it would garble messages."""
UNMISTAKABLE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])\S{8,}|\S{24,}", re.ASCII)
"""What stands in no honest reply by chance."""
SHOWN = "[key]"
"""What stands in the place of a secret."""


class Secrets:
    """The keys that models are asked with, and every other that the environment may hold."""

    def __init__(self, *keys: str | None) -> None:
        found = {value for name, value in os.environ.items() if VARIABLE.search(name)}
        found = {value for value in found if len(value.strip()) >= SHORTEST}
        stripped = {value.strip() for value in found}
        self.known = sorted(found | stripped | {key for key in keys if key}, key=lambda value: (-len(value), value))
        """All of them, the longest first, since one may be a part of another."""
        self._unmistakable = [value for value in self.known if UNMISTAKABLE.fullmatch(value)]

    def out_of_message(self, text: str) -> str:
        """A message without any secret, and without anything that looks like one."""
        return ECHOED.sub(SHOWN, without(text, self.known))

    def out_of_reply(self, reply: Completion) -> Completion:
        """A reply without any key that could be nothing else."""
        said = (reply.text, reply.finish_reason, reply.model)
        if not any(value in text for text in said for value in self._unmistakable):
            return reply
        text, finish_reason, model = (without(text, self._unmistakable) for text in said)
        return replace(reply, text=text, finish_reason=finish_reason, model=model)


def without(text: str, secrets: Iterable[str]) -> str:
    """A text with every one of the secrets replaced."""
    for secret in secrets:
        text = text.replace(secret, SHOWN)
    return text
