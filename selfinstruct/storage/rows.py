"""The rows of a run folder, read with suspicion: what no run has written is reported by file and line.

A task is checked against the types of its fields, by pydantic, and the figures of a round are checked here, for they
name filters and files.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from selfinstruct.errors import RunFolderError
from selfinstruct.round import End
from selfinstruct.storage.hashes import HASH, POOL, ROUNDS, SIZE, check_own, check_torn, checked
from selfinstruct.task import Task
from selfinstruct.text.encoding import MARK, misread

Row = dict[str, Any]
Read = TypeVar("Read")

COUNTS = ("round", "asked", "failed", "candidates", "parsed", "kept", "pool")
MAYBE = {"prompt_tokens": int, "completion_tokens": int, "cost_usd": int | float}
BUDGET = "budget: "
"""How the end of a stage began that version 0.1.0 wrote down where only the budget was spent."""
FOREIGN = "This line was not written by selfinstruct. No files were changed."


def lines_of(path: Path, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the whole lines of a file with their numbers, up to a place in it where that is given.

    Raises RunFolderError where that place is not the end of a line; a file that is missing has no lines.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        place = 0
        for number, text in enumerate(file, 1):
            place += len(text)
            is_whole = text.endswith(b"\n")
            if (end is None and not is_whole) or (end is not None and place - len(text) >= end):
                return  # torn, or never committed: it never happened
            if end is not None and (place > end or not is_whole):
                raise RunFolderError(f"{path}:{number}: the last committed round does not end with this line.")
            yield number, text


def check_end(path: Path, end: int) -> None:
    """Raise RunFolderError where a place in a file is not the end of a line; what is before it is not read."""
    if end == 0:
        return
    with path.open("rb") as file:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            raise RunFolderError(f"{path}: no line ends at byte {end:,}, where the last committed round ended.")


def read(where: str, text: bytes, of: Callable[[bytes, Row], Read]) -> Read:
    """Return what a line holds; raises RunFolderError with its place and what is wrong."""
    try:
        if text.startswith(MARK):
            raise ValueError("begins with a byte order mark")
        for _, problem in misread(text):
            raise ValueError(problem)
        row = json.loads(text)
        if not isinstance(row, dict):
            raise ValueError("must be an object")
        return of(text, row)
    except json.JSONDecodeError as error:
        problem = f"not JSON at column {error.colno} ({error.msg})"
    except RecursionError:
        problem = "its brackets are nested too deep"
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        key = ".".join(map(str, detail["loc"]))
        problem = f"'{key}' is missing" if detail["type"] == "missing" else f"'{key}': {detail['msg']}"
    except KeyError as error:
        problem = f"{error} is missing"
    except ValueError as error:
        problem = str(error)
    raise RunFolderError(f"{where}: {problem.rstrip('.')}. {FOREIGN}")


tasks = cache(lambda: TypeAdapter(Task))
"""Checks tasks; made when it is first needed."""


def task_of(text: bytes, row: Row) -> Task:
    """Return the task that a row of `pool.jsonl` holds; raises ValueError for one of another shape."""
    if b"\\ud" in text or b"\\uD" in text:  # half a surrogate pair, maybe, which pydantic does not read
        text = json.dumps(row).encode().replace(b"\\ud", b"\\u0")
    tasks().validate_json(text, strict=True)
    return Task.from_row(row)


def round_row(text: bytes, row: Row) -> Row:
    """Return a row of `rounds.jsonl`; raises ValueError for one of another shape.

    A stage that was stopped by the budget has not ended, which version 0.1.0 did not tell apart.
    """
    if missing := [key for key in ("stage", *COUNTS, *MAYBE) if key not in row]:
        raise ValueError(f"'{missing[0]}' is missing")
    for key, value in row.items():
        if key in COUNTS or key.startswith(("rejected/", SIZE)):
            if type(value) is not int or value < 0:
                raise ValueError(f"'{key}' must be a number from 0, not {value!r}")
        elif key in MAYBE:
            if value is not None and (isinstance(value, bool) or not isinstance(value, MAYBE[key])):
                raise ValueError(f"'{key}' must be a number or null, not {value!r}")
        elif (key in ("stage", "ended") or key.startswith(HASH)) and not isinstance(value, str):
            raise ValueError(f"'{key}' must be a text, not {value!r}")
    if "end" in row:
        if row["end"] not in list(End) or "ended" not in row:
            raise ValueError(f"'end' must be one of {', '.join(End)}, with 'ended' beside it, not {row['end']!r}")
    elif row.get("ended", "").startswith(BUDGET):
        return {key: value for key, value in row.items() if key != "ended"}
    return row


def rounds_of(path: Path) -> list[Row]:
    """Return the committed rounds of `rounds.jsonl`; raises RunFolderError for a line that no run has written so."""
    rounds: list[Row] = []
    *texts, torn = path.read_bytes().split(b"\n") if path.exists() else [b""]
    for number, text in enumerate(texts, 1):
        where = f"{path}:{number}"
        row = read(where, text, round_row)
        check_own(where, text, row, rounds[-1] if rounds else None)
        rounds.append(row)
    check_torn(path, torn)
    return rounds


def tasks_of(path: Path, end: int) -> Iterator[Task]:
    """Yield every change of a task that stands before a place in `pool.jsonl`, in order."""
    for number, text in lines_of(path, end):
        yield read(f"{path}:{number}", text, task_of)


def committed_tasks(folder: Path, rounds: Sequence[Mapping[str, Any]]) -> Iterator[Task]:
    """Yield every change of a task that these rounds have committed; raises RunFolderError where one has changed."""
    checked(folder / POOL, rounds)
    yield from tasks_of(folder / POOL, rounds[-1].get(f"{SIZE}{POOL}", 0) if rounds else 0)


def timings_of(path: Path, rounds: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return how long committed rounds took, as far as the lines of `timings.jsonl` say so; any may be missing."""
    known = {(row["stage"], row["round"]) for row in rounds}
    found = path.read_bytes().splitlines() if path.exists() else []
    return [row for text in found if (row := timing(text)) and (row["stage"], row["round"]) in known]


def timing(text: bytes) -> Row | None:
    """Return what a line of `timings.jsonl` says; None where it is not whole."""
    try:
        row = json.loads(text)
        stage, number, seconds = str(row["stage"]), int(row["round"]), float(row["seconds"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return {"stage": stage, "round": number, "seconds": seconds} if isfinite(seconds) and seconds >= 0 else None


def check_none_lost(folder: Path, rounds: Sequence[Row]) -> None:
    """Raise RunFolderError where `rounds.jsonl` has lost its end: the summary counts more candidates than it has."""
    try:
        counted = json.loads((folder / "summary.json").read_bytes())["candidates"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    if isinstance(counted, int) and counted > (found := sum(row["candidates"] for row in rounds)):
        raise RunFolderError(
            f"{folder / ROUNDS} has lost its end: its rounds have {found:,} candidates, and summary.json counts"
            f" {counted:,}. Resume the run: the lost rounds are made again from the stored replies."
        )


def committed_in(rounds: Sequence[Mapping[str, Any]], path: Path) -> dict[str, int]:
    """Return the sizes of the other files after the last round; raises RunFolderError where they became shorter."""
    sizes: dict[str, int] = {}
    for number, row in enumerate(rounds, 1):
        now = {key.removeprefix(SIZE): size for key, size in row.items() if key.startswith(SIZE)}
        for name, size in sizes.items():
            if now.get(name, 0) < size:
                raise RunFolderError(f"{path}:{number}: {name} cannot have become shorter. {FOREIGN}")
        sizes = now
    return sizes


def rejection_row(text: bytes, row: Row) -> Row:
    """Return a row of `rejected.jsonl`; raises ValueError for one of another shape."""
    for key in ("filter", "reason", "request"):
        if not isinstance(row.get(key), str):
            raise ValueError(f"'{key}' must be a text, not {row.get(key)!r}")
    for key in ("instruction", "input", "output", "text", "task", "score"):
        if not isinstance(row.get(key, ""), str | None):
            raise ValueError(f"'{key}' must be a text, not {row[key]!r}")
    if ("output" in row) != ("input" in row):
        raise ValueError("'input' and 'output' stand together")
    if "nearest" in row and not isinstance(row["nearest"], list):
        raise ValueError("'nearest' must be a list")
    return row
