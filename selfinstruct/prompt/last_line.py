"""Reads the verdict of a judge that gives its reasons first, and the verdict alone on the last line.

Nothing but that line counts: a letter in a sentence may belong to a word, and a judge that breaks off has not decided.
The line may have marks of emphasis, brackets, a full stop, and a label in front ("Grade: **B**").
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.prompt.reply import read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

AROUND = r"[\s*_`\"'()\[\]{}]*"


@part
class LastLine:
    """Reads one of several answers off the last line, into an attribute."""

    attribute: str
    """The attribute that the answer is stored as."""
    answers: Annotated[list[Annotated[str, Field(pattern=r"\w")]], Field(min_length=2)]
    """The answers there are, in any case."""

    reply_format: ClassVar[str] = "last_line"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one verdict, or the reason why not."""
        reply = read(completion)
        lines = reply.text.strip().splitlines()
        found = self._pattern.fullmatch(lines[-1]) if lines and not reply.is_cut_off else None
        if found is None:
            return reply.without_data(f"the last line is none of {', '.join(self.answers)}")
        return [Candidate(attributes={self.attribute: self._by_text[found[1].lower()]})]

    @cached_property
    def _by_text(self) -> dict[str, str]:
        return {answer.lower(): answer for answer in self.answers}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        texts = "|".join(map(re.escape, self.answers))
        label = rf"(?:{AROUND}(?:my |the |your )?(?:final )?(?:grade|rating|verdict|answer)(?: is)?(?:{AROUND}[:：])?)?"
        return re.compile(rf"{label}{AROUND}({texts}){AROUND}(?:\.{AROUND})?", re.IGNORECASE)
