"""How a row of annotated data becomes an instruction with its input and its output.

FLAN (Wei et al., 2022) writes about ten phrasings for each dataset, and draws one for each row; P3 (Bach et al., 2022)
applies all.  Here one is drawn, by the hash of the random seed and the row's name, so that the choice depends neither
on the order of the rows nor on what was drawn for others.

A template sees the columns of its row, `answer`, the text that is right, and `choices`, the names of all answers where
the YAML or the source gives them.  A value that is null is an empty text, a class is its name, and lists and truth
values are written as JSON.  A row is rejected whose answer is the class -1, which nobody has labelled, or that uses a
value which is not text: bytes, NaN, or an infinite number.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, field_validator

from selfinstruct.part import part
from selfinstruct.round import Candidate, Rejection
from selfinstruct.source import Row
from selfinstruct.task import Instance
from selfinstruct.text.rendering import fill, variables
from selfinstruct.text.template import Form

ANSWER, CHOICES = "answer", "choices"
NO_LABEL = -1
"""The number that stands for no class, as `datasets` has it."""
LARGEST = 1 << 64
"""A draw is always below it."""
Several = Literal["reject", "first", "any"]


def finalized(value: Any) -> Any:
    """Return null as an empty text, and lists, objects and truth values as JSON; anything else is left to Jinja."""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else value


def unwritable(value: Any) -> str | None:
    """Return why a value cannot be put into words, or None."""
    if isinstance(value, bytes | bytearray):
        return "holds bytes, and not text"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {'NaN' if math.isnan(value) else 'infinite'}, and no number"
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(unwritable, inner)), None)


def named(value: Any, classes: Sequence[str]) -> Any:
    """Return the name of a class, or of each in a list, None for no label, and any other value as it is."""
    if isinstance(value, list):
        return [named(one, classes) for one in value]
    if not classes or not isinstance(value, int) or isinstance(value, bool):
        return value
    return classes[value] if 0 <= value < len(classes) else None if value == NO_LABEL else value


WORDS = Form(trims_tags=True, write=finalized)
"""The form of phrasings."""


@part
class Phrasing:
    """One way to put a row into words; each text is a template."""

    instruction: str
    """What is to be done."""
    input: str
    """What it is to be done with; an empty text where the instruction says all."""
    output: str
    """What is right."""

    @field_validator("instruction", "input", "output")
    @classmethod
    def _is_template(cls, text: str) -> str:
        variables(text)  # raises ValueError for what is not a template
        return text

    @property
    def columns(self) -> set[str]:
        """Return the columns that its templates use."""
        return (variables(self.instruction) | variables(self.input) | variables(self.output)) - {ANSWER, CHOICES}

    def fill(self, values: Mapping[str, Any]) -> list[str]:
        """Return instruction, input and output of a row; raises ValueError where a template cannot be filled."""
        made = []
        for name in ("instruction", "input", "output"):
            try:
                made.append(fill(getattr(self, name), values, WORDS).strip())
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        return made


@part
class Answer:
    """What is right, by the annotation."""

    column: str
    """The column that holds it: a text, a number, or a list where several are right."""
    names: dict[str, str] = Field(default_factory=dict)
    """Value of the column to what an answer is called, in the order of `choices`; empty for the value itself."""

    def texts(self, value: Any, classes: Sequence[str] = ()) -> list[str]:
        """Return all that is right, each once; raises ValueError for a value that has no name, or is no answer."""
        values = value if isinstance(value, list) else [value]
        return list(dict.fromkeys(self._text(one, classes) for one in values))

    def _text(self, value: Any, classes: Sequence[str]) -> str:
        if wrong := unwritable(value):
            raise ValueError(f"{self.column} {wrong}")
        if classes and value == NO_LABEL:
            raise ValueError(f"{self.column} is {NO_LABEL}: the row has no label")
        number, name = str(finalized(value)), str(finalized(named(value, classes)))
        if not self.names:
            return name
        if (known := self.names.get(number, self.names.get(name))) is None:
            raise ValueError(f"{self.column} is {number!r}, and names has {', '.join(self.names)}")
        return known


def draw(random_seed: int, stage: str, row: str, what: str) -> int:
    """Return a number from 0 to 2**64 - 1 that depends on these four and on nothing else."""
    return int.from_bytes(hashlib.sha256(f"{random_seed}/{stage}/{what}/{row}".encode("utf-8", "replace")).digest()[:8])


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Puts rows into words."""

    answer: Answer
    phrasings: Mapping[str, Phrasing]
    several_answers: Several
    merged_share: float
    draw: Callable[[Row, str], int]
    """What is left to chance of a row, by what it decides."""

    def of(self, row: Row) -> Candidate | Rejection:
        """Return the row in words, or why that cannot be."""
        classes = row.labels.get(self.answer.column, ())
        name = list(self.phrasings)[self.draw(row, "phrasing") % len(self.phrasings)]
        try:
            answers = self.answer.texts(row.values[self.answer.column], classes)
        except ValueError as error:
            return self._rejected(row, "answer", str(error))
        if len(answers) > 1 and self.several_answers == "reject":
            return self._rejected(row, "several_answers", f"{len(answers)} answers are right, one is wanted")
        drawn = self.draw(row, "answer") % len(answers) if self.several_answers == "any" and answers else 0
        try:
            return self._filled(row, self.phrasings[name], answers[drawn] if answers else "", classes)
        except ValueError as error:
            return self._rejected(row, "template", f"phrasings.{name}.{error}")

    def _filled(self, row: Row, phrasing: Phrasing, answer: str, classes: Sequence[str]) -> Candidate:
        choices = list(dict.fromkeys(self.answer.names.values() or classes))
        for column in sorted(phrasing.columns & row.values.keys()):
            if wrong := unwritable(row.values[column]):
                raise ValueError(f"cannot be filled: {column} {wrong}")
        own = {key: named(value, row.labels.get(key, ())) for key, value in row.values.items()}
        values: dict[str, Any] = {CHOICES: [], **{key: "" if value is None else value for key, value in own.items()}}
        instruction, given, output = phrasing.fill(
            {**values, **({CHOICES: choices} if choices else {}), ANSWER: answer}
        )
        if given and self.draw(row, "merged") < self.merged_share * LARGEST:
            instruction, given = f"{instruction}\n\n{given}", ""
        return Candidate(
            instruction=instruction,
            is_classification=True if choices else None,
            instances=(Instance(input=given, output=output),),
        )

    def _rejected(self, row: Row, filter_: str, reason: str) -> Rejection:
        """Return the rejection of a row that could not be put into words, with its texts and its answer."""
        texts = {key: value for key, value in row.values.items() if key == self.answer.column or isinstance(value, str)}
        lines = (
            f"{key}: {'(bytes)' if isinstance(value, bytes) else finalized(value)}" for key, value in texts.items()
        )
        return Rejection(filter_, reason, text="\n".join(lines))
