"""Reads the answers of a judge that is asked several questions: a line each, with a label in front ("Output: yes").

Other lines are the judge's reasons.  Every label is needed, and a label with two different answers has none: a verdict
is never guessed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.prompt.last_line import AROUND
from selfinstruct.prompt.reply import Reply, read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

Answer = str | int


@part
class Line:
    """The line of one question."""

    attribute: str
    """The attribute that the answer is stored as."""
    answers: Annotated[list[Answer], Field(min_length=2)]
    """The answers there are, in any case."""


@part
class LabeledLines:
    """Reads an attribute off each line."""

    lines: Annotated[dict[str, Line], Field(min_length=1)]
    """Label to line."""
    reply_format: ClassVar[str] = "labeled_lines"

    @property
    def attributes(self) -> list[str]:
        """Return the attributes that it fills."""
        return [line.attribute for line in self.lines.values()]

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return all answers as attributes, or the reason why not."""
        reply = read(completion)
        said = {label: answer_in(reply, label, line.answers) for label, line in self.lines.items()}
        if lost := [label for label, answer in said.items() if answer is None]:
            return reply.without_data(f"no answer to {', '.join(lost)}")
        return [Candidate(attributes={line.attribute: said[label] for label, line in self.lines.items()})]


def answer_in(reply: Reply, label: str, answers: Sequence[Answer]) -> Answer | None:
    """Return the answer on the lines with a label; None where there is none, or more than one."""
    if reply.is_cut_off:
        return None
    known = {str(answer).lower(): answer for answer in answers}
    texts = "|".join(map(re.escape, known))
    numbers = [answer for answer in answers if isinstance(answer, int)]
    answer = rf"({texts})(?:\s*/\s*{max(numbers)})?" if numbers else f"({texts})"
    pattern = rf"{AROUND}{re.escape(label)}{AROUND}[:：]{AROUND}{answer}{AROUND}\.?{AROUND}"
    matches = (re.fullmatch(pattern, line, re.IGNORECASE) for line in reply.text.split("\n"))
    found = {known[match[1].lower()] for match in matches if match}
    return found.pop() if len(found) == 1 else None
