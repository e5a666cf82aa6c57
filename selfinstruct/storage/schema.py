"""The tables of `completions.sqlite`, made by the process that opens it first; several may do so at the same time.

The view `completions` shows the rows whole.  Below it a prompt lies in two pieces, since the prompts of a stage begin
alike: the head, once, among the `parts`, and the rest with its reply.  Rejected: compressed rows, which nobody can read
with the sqlite3 command.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.remedies import unwritable

FORMAT = 5
"""The version of the tables.  Version 2 added `sent`, version 3 `hash`, version 4 `drawn`,
version 5 `cached_tokens`."""
TABLES = """
CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS replies (
    request TEXT NOT NULL,
    key BLOB NOT NULL,
    draw INTEGER NOT NULL,
    stage TEXT NOT NULL,
    round INTEGER NOT NULL,
    identity INTEGER NOT NULL REFERENCES parts,
    system INTEGER REFERENCES parts,
    head INTEGER NOT NULL REFERENCES parts,
    rest TEXT NOT NULL,
    decoding INTEGER NOT NULL REFERENCES parts,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    seconds REAL NOT NULL,
    model TEXT NOT NULL,
    time REAL NOT NULL,
    sent INTEGER REFERENCES parts,
    hash TEXT,
    drawn TEXT,
    cached_tokens INTEGER,
    UNIQUE (key, draw)
);
CREATE INDEX IF NOT EXISTS by_request ON replies (request);
"""
VIEW = """\
CREATE VIEW completions AS
    SELECT stage, round, request, lower(hex(key)) AS key, draw, identities.content AS identity,
        systems.content AS system, heads.content || rest AS prompt, decodings.content AS decoding,
        sents.content AS sent, text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model, time,
        hash, drawn, cached_tokens
    FROM replies
    JOIN parts AS identities ON identities.id = identity
    LEFT JOIN parts AS systems ON systems.id = system
    JOIN parts AS heads ON heads.id = head
    JOIN parts AS decodings ON decodings.id = decoding
    LEFT JOIN parts AS sents ON sents.id = sent"""
VIEWS = {
    FORMAT: VIEW,
    4: VIEW.replace(", cached_tokens", ""),
    3: VIEW.replace(", drawn, cached_tokens", ""),
    2: VIEW.replace(",\n        hash, drawn, cached_tokens", ""),
}
"""How the view reads in the formats that can be read as they are."""
ADDED = {2: "sent INTEGER REFERENCES parts", 3: "hash TEXT", 4: "drawn TEXT", 5: "cached_tokens INTEGER"}
"""The column that each version added to the replies."""
PATIENCE = 60.0
"""Seconds to wait for another process that writes to a shared store."""


def opened(path: Path) -> sqlite3.Connection:
    """Connect to a file with these tables, for any thread; raises RunFolderError where that cannot be."""
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        set_up(connection)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise unwritable(path, error) from None
    return connection


def set_up(connection: sqlite3.Connection) -> None:
    """Have the tables there; several processes may do so at once."""
    refuse_others(connection)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:  # SQLite does not wait here for another who does the same
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous=FULL")
    if version_of(connection) == FORMAT:
        return
    connection.execute("BEGIN IMMEDIATE")
    if old := version_of(connection):
        connection.execute("DROP VIEW IF EXISTS completions")
        for version in range(old + 1, FORMAT + 1):
            connection.execute(f"ALTER TABLE replies ADD COLUMN {ADDED[version]}")
    for statement in f"{TABLES}{VIEW.replace('VIEW', 'VIEW IF NOT EXISTS', 1)}".split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store to read it; raises RunFolderError for one that no run has made.

    One that nobody writes to is opened as immutable, so that SQLite leaves no files of its locks beside it.
    """
    is_written = path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?{'mode=ro' if is_written else 'mode=ro&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            made, version = refuse_foreign(connection), version_of(connection)
            if version == 0:
                raise sqlite3.DatabaseError("it holds no replies")
            if made.get("completions", "").split() != VIEWS.get(version, "").split():
                raise sqlite3.DatabaseError("its view completions is not as a run makes it")
            yield connection
    except sqlite3.Error as error:
        raise RunFolderError(f"{path} cannot be read: {error}.") from None


def refuse_foreign(connection: sqlite3.Connection) -> dict[str, str]:
    """Return how each table and view was made; raises DatabaseError for what would run code of others.

    A trigger, or a view in the place of a table, can keep SQLite busy without end, and no signal ends a query.
    """
    found = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in found:
        is_ours = kind == "table" and (sql or "").upper().startswith("CREATE TABLE")
        if kind == "trigger" or (name.lower() in ("parts", "replies") and not is_ours):
            raise sqlite3.DatabaseError(f"it holds the {kind} {name}, which no run has made")
    return {name.lower(): sql or "" for _, name, sql in found}


def refuse_others(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError for a database that is somebody else's, before anything in it is changed."""
    tables = list(refuse_foreign(connection))  # first: a process that makes ours
    if version_of(connection) == 0 and tables:  # gives them their version in the same transaction
        raise sqlite3.DatabaseError(f"it holds other tables ({tables[0]}), so no run has made it")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables, 0 for none; raises DatabaseError for one that is not known."""
    ((version,),) = connection.execute("PRAGMA user_version")
    if version not in range(FORMAT + 1):
        raise sqlite3.DatabaseError(f"its format is {version}, and this program knows {FORMAT}")
    return int(version)
