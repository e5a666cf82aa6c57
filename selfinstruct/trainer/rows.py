"""The rows of a dataset as examples: what the model is shown, and what it learns to write after that.

Chat rows end with the assistant's turn, and all before it is shown.  Rows with `instruction`, `input` and `output`
become a question and an answer.  Rows of `prompt` and `completion` go in as texts.  Pairs have `prompt`, `chosen` and
`rejected`, as texts or as messages.  A row that is none of these is a mistake of its line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from selfinstruct.errors import DataError, first_few
from selfinstruct.text.files import LONGEST_LINE, Files
from selfinstruct.text.json_objects import parsed

Message: TypeAlias = Mapping[str, str]

PAIR = ("prompt", "chosen", "rejected")
"""The columns of a pair, as TRL reads them."""
MOST_SHOWN = 10
"""Mistakes of a file that are reported one by one."""
ROLES = {"human": "user", "gpt": "assistant", "system": "system", "user": "user", "assistant": "assistant"}
END = "<|endoftext|>"
"""The end marker of the format `prompt_completion`; the model's own end takes its place."""
AFTER = re.compile(r"^#+\s*instruction:?\s*$", re.IGNORECASE | re.MULTILINE)
"""A heading before an instruction, as Alpaca's prompts have it after a sentence that is the same in all of them."""
LABEL = re.compile(r"^\s*(task|instruction|question)\s*:\s*|\s*(input|output|answer)\s*:\s*$", re.IGNORECASE)
"""What the layouts of texts put around an instruction."""
REMEDY = "Name a JSONL file of rows: train.dataset=<file>."
NO_PAIRS = (
    "{path} holds no pairs, from which trainer=dpo learns: rows of prompt, chosen and rejected. Export them with"
    " actions=[export,train] formats=[preference], or name a file of them: train.dataset=<file>."
)
SHAPES = "messages, conversations, instruction and output, or prompt and completion"


@dataclass(frozen=True, slots=True)
class Example:
    """One row."""

    name: str
    """Its id, or else its line."""
    prompt: str | Sequence[Message]
    """What is shown: a text, or messages."""
    completion: str
    """What is learned."""
    rejected: str | None = None
    """In a pair, the answer that is not as good."""

    @property
    def sides(self) -> list["Example"]:
        """Return it, and for a pair the prompt with the rejected answer."""
        return [self] if self.rejected is None else [self, replace(self, completion=self.rejected)]

    @property
    def instruction(self) -> str:
        """Return the first line of what is shown, without labels: rows of one instruction have the same."""
        first = (
            self.prompt
            if isinstance(self.prompt, str)
            else next((turn["content"] for turn in self.prompt if turn["role"] == "user"), "")
        )
        told = AFTER.split(first, maxsplit=1)[-1]
        line = next((line for line in told.splitlines() if line.strip()), "")
        return " ".join(LABEL.sub("", line).casefold().split())


def examples_in(path: Path, mode: str, *, pairs: bool = False) -> list[Example]:
    """Return the rows of a file; raises DataError with every row that cannot be read or does not suit the mode.

    Of `pairs`, a file without any is one mistake.
    """
    found: list[Example] = []
    mistakes: list[str] = []
    for number, row in rows_in(path):
        try:
            if isinstance(row, str):
                raise ValueError(row)
            found.append((pair if pairs else example)(row, f"line {number}", mode))
        except ValueError as error:
            mistakes.append(f"{path}:{number}: {error}.")
    if pairs and not found:
        raise DataError([NO_PAIRS.format(path=path)])
    if mistakes:
        raise DataError(first_few(mistakes, MOST_SHOWN, path))
    if not found:
        raise DataError([f"{path} holds no rows to train on. {REMEDY}"])
    return found


def rows_in(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the rows of a JSONL file with their lines, and a mistake instead of a row for a line that is not one."""
    files = Files(path, path.suffix.lower(), REMEDY)
    for name in files.names():
        for line in files.lines(name):
            if line.mistake is not None:
                yield line.number, line.mistake
            elif line.text.strip():
                yield line.number, row_of(line.text)


def row_of(text: str) -> dict[str, Any] | str:
    """Return a line as a row; what is wrong with it where it is not one."""
    row, mistakes, _ = parsed(text, LONGEST_LINE)
    return mistakes[0] if mistakes else row


def example(row: Mapping[str, Any], place: str, mode: str) -> Example:
    """Return a row as an example of a mode; raises ValueError where it cannot be one."""
    name = str(row.get("id") or place)
    if isinstance(row.get("prompt"), str) and isinstance(row.get("completion"), str):
        shown: str | list[Message] = row["prompt"]
        if mode == "chat":
            shown = [{"role": "user", "content": row["prompt"]}]
        return Example(name, shown, row["completion"].removesuffix(END))
    if mode == "completion":
        raise ValueError(
            "trainer.mode=completion needs the columns prompt and completion; export them with"
            " formats=[prompt_completion]"
        )
    turns = messages(row)
    if len(turns) < 2 or turns[-1]["role"] != "assistant" or not any(turn["role"] == "user" for turn in turns[:-1]):
        raise ValueError("must end with a turn of the assistant, after one of the user")
    return Example(name, turns[:-1], turns[-1]["content"])


def pair(row: Mapping[str, Any], place: str, mode: str) -> Example:
    """Return a row as a pair; raises ValueError where it is not one."""
    given = [row.get(key) for key in PAIR]
    if not any(all(isinstance(one, kind) for one in given) for kind in (str, list)):
        raise ValueError("must have prompt, chosen and rejected, as three texts or as three lists of messages")
    if mode == "completion" and not isinstance(given[0], str):
        raise ValueError("trainer.mode=completion needs texts; export them with formats.preference.messages=false")
    chosen, rejected = (
        example({"id": row.get("id"), "prompt": given[0], "completion": answer}, place, mode) for answer in given[1:]
    )
    return replace(chosen, rejected=rejected.completion)


def messages(row: Mapping[str, Any]) -> list[Message]:
    """Return a row as messages; raises ValueError where it has none."""
    if isinstance(row.get("instruction"), str) and isinstance(row.get("output"), str):
        shown, given = row["instruction"], row.get("input") or ""
        if not isinstance(given, str):
            raise ValueError(f"has an input that is not a text (got {str(given)[:60]!r})")
        question = f"{shown}\n\n{given}" if given else shown
        return [{"role": "user", "content": question}, {"role": "assistant", "content": row["output"]}]
    turns = row.get("messages") or row.get("conversations")
    if isinstance(row.get("prompt"), list) and isinstance(row.get("completion"), list):
        turns = [*row["prompt"], *row["completion"]]
    if not isinstance(turns, list):
        raise ValueError(f"has none of the columns {SHAPES}")
    return [turn(one) for one in turns]


def turn(found: Any) -> Message:
    """Return one turn of a conversation; raises ValueError where it is not one."""
    if isinstance(found, Mapping):
        role, content = found.get("role", found.get("from")), found.get("content", found.get("value"))
        if isinstance(role, str) and role in ROLES and isinstance(content, str):
            return {"role": ROLES[role], "content": content}
    raise ValueError(f"has a turn without a known role or a text (got {str(found)[:60]!r})")
