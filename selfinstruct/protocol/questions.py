"""The questions of a protocol, the grades that answer them, and items to practice on."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from selfinstruct.part import part

Unit: TypeAlias = Literal["task", "answer", "pair"]
Text: TypeAlias = Literal["instruction", "input", "reference", "answer"]
RESERVED = "unrs"
"""Keys that the page needs: undo, note, reference, skip."""
SIDES = ("left", "right")
"""The grades of a pair that prefer one of its answers."""


@part
class Grade:
    """One possible answer to a question."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9]$")]
    """The key that gives it."""
    text: str
    """What it means, as raters read it."""
    worth: float
    """Its place among the others, better ones higher: ranks and ordinal agreement use it."""


@part
class Question:
    """One question about an item."""

    text: str
    """The question, as raters read it."""
    grades: Annotated[dict[str, Grade], Field(min_length=2)]
    """Name to grade, in the order shown; the names stand in the raters' files."""
    shares: dict[str, list[str]] = Field(default_factory=dict)
    """Name to grades: the shares that the result reports. The last one also divides the grades into two classes, whose
    agreement is reported beside that of all grades."""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        keys = [grade.key for grade in self.grades.values()]
        if taken := [key for key in keys if key in RESERVED or keys.count(key) > 1]:
            raise ValueError(f"grades need keys of their own, other than {', '.join(RESERVED)} (got {taken[0]!r})")
        for name, grades in self.shares.items():
            if unknown := [grade for grade in grades if grade not in self.grades]:
                raise ValueError(f"the share {name!r} names {unknown[0]!r}, which is not a grade")
        return self


@part
class Example:
    """An item to practice on."""

    instruction: str
    input: str = ""
    """Empty where the task needs none."""
    reference: str = ""
    """Empty for none."""
    answers: list[str]
    """One; of a pair, the left and the right one."""
    expected: dict[str, str]
    """Question to the grade that we would give."""
    reason: str
    """Why, in a sentence that the rater reads afterwards."""


@part
class Protocol:
    """What an item is, and what is asked about it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    """What its sheets are called, unless `rate.name` says otherwise."""
    title: str
    """What the page is called."""
    guidance: str
    """What a rater must know besides the questions."""
    unit: Unit
    """What an item is: a `task` of a run with one of its outputs, an `answer` of a system to a task, or a `pair` of
    answers, whose sides are drawn for each rater."""
    shown: dict[Text, str]
    """The texts that are shown, in this order, with their headings; all others are hidden."""
    folded: list[Text]
    """Those of them that a rater may open; the file of answers records whether the reference was opened."""
    questions: Annotated[dict[str, Question], Field(min_length=1)]
    """Name to question, in the order asked."""
    practice: list[Example]
    """Items that are rated first and not counted."""
    draws: Annotated[int, Field(ge=1)] | None
    """How many tasks are drawn; null for all."""
    controls: Annotated[int, Field(ge=0)]
    """How many tasks of people are mixed in unseen, where an item is a task: what raters give them is the ceiling."""
    judge: list[str]
    """The attributes in which a judge stage leaves its verdict, which counts as one more rater: one for grades, two for
    the two orders of a pair; for a task first the name of the stage, then one for each question. Empty for none."""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.unit == "pair" and not all(set(SIDES) <= set(one.grades) for one in self.questions.values()):
            raise ValueError("a question about a pair needs the grades 'left' and 'right'")
        count = 2 if self.unit == "pair" else 1
        for example in self.practice:
            if len(example.answers) != count:
                raise ValueError(f"an item to practice on needs {count} in 'answers' (got {len(example.answers)})")
            grades = {name: one.grades for name, one in self.questions.items()}
            said = example.expected
            if {*said} != {*grades} or any(grade not in grades[name] for name, grade in said.items()):
                raise ValueError(f"'expected' needs a grade for each question (got {said})")
        return self
