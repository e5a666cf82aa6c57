"""A prompt as the offline model reads it: the task at hand, how much is wanted, and whether to spoil the reply."""

from dataclasses import dataclass
from random import Random

from selfinstruct.request import Request
from selfinstruct.text.pattern import lazy

AT_MOST = lazy(r"\bat most (\d+)\b")
INSTANCES = 5  # how many instances a task has at most where the prompt does not say


class UnanswerableError(Exception):
    """A prompt that the offline model cannot answer; its text is the reason."""


@dataclass(frozen=True)
class ParsedPrompt:
    """A request, with what chance has decided about its reply."""

    request: Request
    rng: Random
    repeats: float = 0.0  # share of near copies among new instructions
    spoiled: bool = False  # whether the form of the reply is to be wrong, as that of real replies sometimes is

    @property
    def text(self) -> str:
        """The prompt."""
        return self.request.text

    @property
    def task(self) -> str:
        """The task that the prompt asks about: its last line that starts with "Task:", else its last line."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        tasks = [line.removeprefix("Task:").strip() for line in lines if line.startswith("Task:")]
        return tasks[-1] if tasks else (lines[-1] if lines else "")

    @property
    def most_instances(self) -> int:
        """How many instances the prompt allows; it says so before its first task."""
        said = AT_MOST.search(self.text.partition("Task:")[0])
        return max(int(said[1]), 1) if said else INSTANCES

    def as_line(self, text: str) -> str:
        """Return a reply of one line, with the space that continues a text."""
        return text if self.request.chat else f" {text}"
