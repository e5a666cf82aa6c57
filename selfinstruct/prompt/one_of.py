"""Reads the verdict of a judge that has a few answers to choose from.

Models answer in a word, in bold, or in a sentence.  The first line that names an answer counts, and a line that names
two is none: a verdict is never guessed.  An answer that holds another ("Not Equal" and "Equal") is looked for first.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_refusal, read, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection


@part
class OneOf:
    """Reads one of several answers into an attribute."""

    attribute: str
    """The attribute that the answer is kept as."""
    answers: Annotated[dict[Annotated[str, Field(pattern=r"\w")], str], Field(min_length=1)]
    """What the model may say, in any case, and the value that it stands for."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return self.attribute

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One verdict, or why there is none."""
        reply = read(completion)
        said = list(self._pattern.finditer(reply.text))
        first = {self._values[" ".join(match[0].lower().split())] for match in said if is_beside(match, said[0])}
        if len(first) == 1:
            return [Candidate(attributes={self.attribute: first.pop()})]
        if reply.rejections:
            return list(reply.rejections)
        reason = "refusal" if is_refusal(reply.text) else f"none of {', '.join(dict.fromkeys(self.answers.values()))}"
        return [rejection(reason, reply.text)]

    @cached_property
    def _values(self) -> dict[str, str]:
        return {" ".join(said.lower().split()): value for said, value in self.answers.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._values, key=lambda said: (-len(said), said))
        texts = "|".join(r"\s+".join(map(re.escape, said.split())) for said in longest_first)
        return re.compile(rf"(?<!\w)(?:{texts})(?!\w)", re.IGNORECASE)


def is_beside(match: re.Match[str], first: re.Match[str]) -> bool:
    """Whether an answer begins in the line in which the first one ends; an answer may go over a line end."""
    return "\n" not in match.string[first.end() : match.start()]
