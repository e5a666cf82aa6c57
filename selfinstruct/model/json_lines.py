"""Files of replies that were written elsewhere: JSON lines, every bad one reported by its number."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

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
            problems += [f"{path}:{number}: {mistake(details)}" for details in error.errors()]
    if problems:
        raise DataError(problems)
    return found


def mistake(details: Mapping[str, Any]) -> str:
    """Return what is wrong with a line, as a sentence."""
    key = ".".join(map(str, details["loc"]))
    if details["type"] == "missing":
        return f"{key!r} is missing."
    message = details["msg"].removeprefix("Value error, ").replace(" at line 1 column", " at column")
    return f"{key!r}: {message}." if key else f"{message}."
