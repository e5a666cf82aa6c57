"""Files of replies that were written elsewhere: JSON lines, every bad one reported by its number."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from selfinstruct.errors import DataError
from selfinstruct.text.encoding import MARK

T = TypeVar("T")


def read(path: Path, kind: TypeAdapter[T], what: str) -> list[T]:
    """Return the lines of a file; raises DataError with every bad line, `what` says what the file should hold."""
    try:
        lines = path.read_bytes().removeprefix(MARK).splitlines()
    except OSError as error:
        reason = error.strerror
        raise DataError([f"{path}: cannot be read ({reason}). Set model.path=<JSONL file of {what}>."]) from None
    problems: list[str] = []
    found: list[T] = []
    for number, line in enumerate(lines, 1):
        try:
            found += [kind.validate_json(line)] if line.strip() else []
        except ValidationError as error:
            wrong = ((".".join(map(str, details["loc"])) or "line", details["msg"].removeprefix("Value error, ")) for details in error.errors())
            problems += [f"{path}:{number}: {key}: {message}." for key, message in wrong]
    if problems:
        raise DataError(problems)
    return found
