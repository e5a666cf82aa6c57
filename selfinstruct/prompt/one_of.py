"""Reads the verdict of a judge that has a few answers to choose from.

The first line that names an answer counts, and a line that names two does not: a verdict is never guessed.  Longer
answers are looked for first, since "Not Equal" contains "Equal".
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.prompt.reply import read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection


@part
class OneOf:
    """Reads one of several answers into an attribute."""

    attribute: str
    """The attribute that the answer is stored as."""
    answers: Annotated[dict[Annotated[str, Field(pattern=r"\w")], str], Field(min_length=1)]
    """The answers, in any case, and the value that each stands for."""

    @property
    def reply_format(self) -> str:
        """The name of the attribute."""
        return self.attribute

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one verdict, or the reason why not."""
        reply = read(completion)
        found = list(self._pattern.finditer(reply.text))
        # an answer may go over a line end, so the first line is the one in which the first answer ends
        line = [match for match in found if "\n" not in reply.text[found[0].end() : match.start()]]
        values = {self._values[normal(match[0])] for match in line}
        if len(values) == 1:
            return [Candidate(attributes={self.attribute: values.pop()})]
        return reply.without_data(f"none of {', '.join(dict.fromkeys(self.answers.values()))}")

    @cached_property
    def _values(self) -> dict[str, str]:
        return {normal(answer): value for answer, value in self.answers.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._values, key=lambda answer: (-len(answer), answer))
        texts = "|".join(r"\s+".join(map(re.escape, answer.split())) for answer in longest_first)
        return re.compile(rf"(?<!\w)(?:{texts})(?!\w)", re.IGNORECASE)


def normal(text: str) -> str:
    """Return a text as answers are compared: in small letters, on one line."""
    return " ".join(text.lower().split())
