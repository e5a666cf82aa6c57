"""How a byte that changed in the files of a run is found.

The line of a round holds, beside the size of each file, a hash of that file's content up to this size, so that the
first round that does not match says which lines have changed.  The line ends with a hash of its own text and of the
state in which the round before it left the files: a line that was removed, repeated or moved is found, too.  How a
round ended is not part of that link, so that a stopped and resumed run differs in the marked line at most.

A hash is the beginning of a SHA-256 (`head -c <bytes> pool.jsonl | sha256sum`), and does not protect against an author
who computes new ones.  Folders of older programs have no hashes, and are read as they are.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import RunFolderError

if TYPE_CHECKING:  # the command line reads a folder before it builds anything
    from selfinstruct.request import Completion

POOL, ROUNDS = "pool.jsonl", "rounds.jsonl"
SIZE, HASH = "bytes/", "sha256/"
"""How the keys begin under which the line of a round holds the size and the hash of a file."""
LENGTH = 16
"""Hexadecimal digits of a hash: two different contents have the same one once in 10^19 times."""
OWN = f', "{HASH}{ROUNDS}": "'.encode()
WHOLE = re.compile(re.escape(OWN) + rb'[0-9a-f]{%d}"}' % LENGTH)
"""How the line of a round ends."""
CHUNK = 1 << 20
RESTORE = (
    "Nothing was changed. Restore the folder from a copy, or start a new run with"
    " model.store={folder}/completions.sqlite, which pays for no stored reply again."
)
Row = Mapping[str, Any]


def has_rounds(folder: Path) -> bool:
    """Return whether a run in this folder has committed a round."""
    path = folder / ROUNDS
    return path.is_file() and path.stat().st_size > 0


def digest(content: "hashlib._Hash") -> str:
    """Return the hash of what was read so far."""
    return content.hexdigest()[:LENGTH]


def own(text: bytes, before: Row | None) -> str:
    """Return the hash of a round's line without this hash, and of the name and files of the round before it."""
    link = ""
    if before is not None:
        files = (f"{key} {before[key]}" for key in before if key.startswith((SIZE, HASH)) and key != f"{HASH}{ROUNDS}")
        link = "\n".join([f"{before['stage']} {before['round']}", *files, ""])
    return digest(hashlib.sha256(link.encode() + text))


def check_own(where: str, text: bytes, row: Row, before: Row | None) -> None:
    """Raise RunFolderError for the line of a round that has changed, or does not follow the round before it."""
    missing = [name for name in (ROUNDS, *files(row)) if f"{HASH}{name}" not in row]
    was_hashed = before is not None and any(key.startswith(HASH) for key in before)
    if len(missing) > len(files(row)) and not was_hashed:
        return  # of an older program
    head = text.rpartition(OWN)[0]
    if missing or text != head + OWN + own(head, before).encode() + b'"}':
        what = "this line has changed since it was written, or lines before it are missing, repeated or moved"
        raise RunFolderError(f"{where}: {what}. {RESTORE.format(folder=Path(where).parent)}")


def check_torn(path: Path, text: bytes) -> None:
    """Raise RunFolderError for a last line without an end that holds a whole round and more."""
    if (found := WHOLE.search(text)) and found.end() < len(text):
        raise RunFolderError(f"{path}: its last line has changed where it ended. {RESTORE.format(folder=path.parent)}")


def files(row: Row) -> list[str]:
    """Return the names of the files whose sizes the line of a round holds."""
    return [key.removeprefix(SIZE) for key in row if key.startswith(SIZE)]


def checked(path: Path, rounds: Sequence[Row]) -> "hashlib._Hash":
    """Return the hash of what the rounds have committed of a file; raises RunFolderError where one does not match."""
    content, line = hashlib.sha256(), 1
    if not path.exists():
        if any(row.get(f"{SIZE}{path.name}", 0) for row in rounds):
            raise RunFolderError(f"{path} is missing. Restore the folder from a copy.")
        return content
    with path.open("rb") as file:
        for number, row in enumerate(rounds, 1):
            first = line
            while (left := row.get(f"{SIZE}{path.name}", 0) - file.tell()) > 0:
                if not (piece := file.read(min(left, CHUNK))):
                    raise RunFolderError(f"{path} is shorter than {ROUNDS}:{number} says.")
                content.update(piece)
                line += piece.count(b"\n")
            if row.get(f"{HASH}{path.name}", digest(content)) != digest(content):
                lines = f"line {first}" if line - first <= 1 else f"one of the lines {first} to {line - 1}"
                raise RunFolderError(
                    f"{path}: {lines} has changed since round {row['round']} of {row['stage']} was committed: its hash"
                    f" differs from the one in {ROUNDS}:{number}. {RESTORE.format(folder=path.parent)}"
                )
    return content


def hash_of(request: str, key: bytes, draw: int, reply: "Completion", drawn: str | None = None) -> str:
    """Return the hash of a reply, and of the request that it belongs to with what was drawn for it."""
    numbers = (reply.prompt_tokens, reply.completion_tokens)
    figures = [None if value is None or value != value else float(value) for value in (reply.cost_usd, reply.seconds)]
    texts = (reply.text, reply.finish_reason, reply.model, reply.sent)
    cached = [] if reply.cached_tokens is None else [reply.cached_tokens]
    content = json.dumps(
        [request, key.hex(), draw, *numbers, *figures, *texts, *([] if drawn is None else [drawn]), *cached]
    )
    return hashlib.sha256(content.encode()).hexdigest()[:LENGTH]
