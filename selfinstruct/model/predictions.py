"""A model whose answers to a benchmark were given elsewhere: a file of predictions becomes a run like any other.

So published answers are scored, judged, rated and compared beside those of own models.  Two forms are read: that of the
user-oriented predictions published with Self-Instruct (`instruction`, `input`, `response`), and that of predictions on
Super-NaturalInstructions (`id`, `prediction`), where an id is the name of a task, a dash, and the place of the instance
in its file, from 0.  A prediction that is missing fails its request, so that its input has no answer and scores 0.

The predictions are the text of the model that is named; to answer with them again costs nothing.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from selfinstruct.budget import Pricing
from selfinstruct.errors import DataError
from selfinstruct.model import ImmediateSession, Mode, Session
from selfinstruct.model.json_lines import read
from selfinstruct.part import part
from selfinstruct.request import Completion, Failure, Request


class Prediction(BaseModel):
    """One line of a file; other keys are ignored."""

    model_config = ConfigDict(extra="ignore")
    text: str | None = Field(validation_alias=AliasChoices("response", "prediction", "answer"))
    id: str | None = None
    instruction: str | None = None
    input: str | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.instruction is None and self.id is None:
            raise ValueError("a prediction needs 'id', or 'instruction' and 'input'")
        return self

    @property
    def key(self) -> tuple[str, str]:
        """Return what it answers: the instruction and the input, or the id and an empty text."""
        if self.instruction is None:
            return (self.id or "").strip(), ""
        return self.instruction.strip(), (self.input or "").strip()


LINE: TypeAdapter[Prediction] = TypeAdapter(Prediction)


@part
class Predictions:
    """Answers a benchmark with what a file says."""

    path: Path
    """The file, one prediction a line; a relative path starts where the command runs."""
    name: str
    """The model that made them, as scores and comparisons name it."""
    mode: ClassVar[Mode] = "chat"
    is_offline: ClassVar[bool] = False
    store: ClassVar[str | None] = None

    def pricing(self) -> Pricing:
        """Return a price of 0: answering with them costs nothing."""
        return Pricing(0.0, 0.0)

    def problems(self) -> list[str]:
        """Return every mistake in the file."""
        try:
            self.read()
        except DataError as error:
            return error.problems
        return []

    def fingerprint(self) -> dict[str, object]:
        """Return the name of the model and of the file."""
        return {"name": self.name, "predictions": self.path.name}

    def read(self) -> dict[tuple[str, str], str]:
        """Return every prediction by what it answers, the first one where there are several; raises DataError."""
        found: dict[tuple[str, str], str] = {}
        for line in read(self.path, LINE, "predictions"):
            found.setdefault(line.key, line.text or "")
        return found

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session that answers what the file has."""
        known = self.read()

        def answer(request: Request) -> Completion:
            text = next((known[key] for key in keys(request) if key in known), None)
            if text is None:
                return Completion(failure=Failure("refused", f"{self.path} has no prediction for this input"))
            return Completion(text=text, cost_usd=0.0, model=self.name)

        return nullcontext(ImmediateSession(answer))


def keys(request: Request) -> list[tuple[str, str]]:
    """Return what a prediction for a request may be filed under."""
    sample = request.sample
    if sample is None or sample.task is None:
        return []
    given = sample.input or ""
    inputs = [reference.input for reference in sample.task.references]
    ids = [(f"{sample.task.id}-{inputs.index(given)}", "")] if given in inputs else []
    return [(sample.task.instruction, given), *ids, (sample.task.id, "")]
