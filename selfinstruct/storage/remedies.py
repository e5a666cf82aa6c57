"""Remedies: what to do about a file that cannot be used, by what the system says of it.

SQLite gives most of the system's reasons in one of three codes, and calls a file system without locks a database that
is in use.  So the system is asked again, in the same folder: it can open a file there, write to it and lock it, or says
why not.  The database itself is not opened for this, since closing it would give up the locks that this process has.
"""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from selfinstruct.errors import RunFolderError, UnwritableError
from selfinstruct.storage.hashes import ROUNDS, has_rounds

ANOTHER_FOLDER = "Choose another folder, with hydra.run.dir=<folder>."
NO_LOCKS = (
    "The file system has no file locks, without which two processes could write to one run. Choose a folder on another"
    " file system, such as a local disk, with hydra.run.dir=<folder>."
)
IN_PLACE = "Move away what is in its place."
FORBIDDEN = f"Fix the permissions of the file and its folder, or use another: {ANOTHER_FOLDER}"
REMEDIES = {
    errno.ENOSPC: ("written", "Free disk space."),
    errno.EDQUOT: ("written", "Your disk quota is used up: remove files, or ask for a larger quota."),
    errno.EFBIG: ("written", "Raise the limit on the size of a file (ulimit -f), or use another file system."),
    errno.EACCES: ("written", FORBIDDEN),
    errno.EPERM: ("written", FORBIDDEN),
    errno.EROFS: ("written", f"The file system is mounted read-only. {ANOTHER_FOLDER}"),
    errno.EIO: ("written", "The disk, or the network behind it, fails. Copy the folder to another disk."),
    errno.EISDIR: ("written", IN_PLACE),
    errno.EEXIST: ("written", IN_PLACE),
    errno.ENOTDIR: ("written", f"A part of its path is a file. {ANOTHER_FOLDER}"),
    errno.ENAMETOOLONG: ("written", f"Its name is too long. {ANOTHER_FOLDER}"),
    errno.EMFILE: ("opened", "Raise the limit of this process with ulimit -n 4096, or lower model.concurrency."),
    errno.ENFILE: ("opened", "The whole system has too many files open: close other programs, or raise fs.file-max."),
    errno.ENOLCK: ("locked", NO_LOCKS),
    errno.ENOTSUP: ("locked", NO_LOCKS),
    errno.EOPNOTSUPP: ("locked", NO_LOCKS),
    errno.ENOSYS: ("locked", NO_LOCKS),
}
"""The system's number of an error to what cannot be done with the file, and to what the user can do."""
LASTING = (errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""The errors after which the same command cannot succeed."""
FALLBACK = ("written", "Find out whether the disk is full or failing, a quota is used up, or ulimit -f is too low.")

LOCK = ".lock"
"""The database that a process locks while it works in a run folder."""
PAGE = 4096
"""Bytes that SQLite writes at least."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
SAID = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_LOCK: errno.ENOLCK,
    sqlite3.SQLITE_IOERR_RDLOCK: errno.ENOLCK,
    sqlite3.SQLITE_IOERR_UNLOCK: errno.ENOLCK,
    sqlite3.SQLITE_IOERR_SHMLOCK: errno.ENOLCK,
    sqlite3.SQLITE_PROTOCOL: errno.ENOLCK,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}
"""SQLite's codes that say by themselves what is wrong."""


def unwritable(path: Path, error: BaseException) -> RunFolderError:
    """Return an error that says why a file cannot be used, and what to do."""
    if isinstance(error, OSError):
        return refused(path, error)
    if not isinstance(error, sqlite3.Error):
        return UnwritableError(f"{path} cannot be written: {error}.")
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF in DAMAGED:
        return RunFolderError(f"{path} is damaged: {error}. {salvage(path)}")
    if (cause := refusal(path)) is not None:
        return refused(path, cause)
    if code & 0xFF in BUSY:
        return UnwritableError(f"{path} is locked by another process. Wait for it, or end it.")
    number = SAID.get(code, SAID.get(code & 0xFF))
    if number is None and code & 0xFF != sqlite3.SQLITE_IOERR:
        return RunFolderError(f"{path} cannot be used: {error}.")
    return refused(path, OSError(number or 0, str(error)))


def refused(path: Path, error: OSError) -> RunFolderError:
    """Return what the table says of a file."""
    number = error.errno or 0
    verb, remedy = REMEDIES.get(number, ("written", "") if number else FALLBACK)
    kind = RunFolderError if number in LASTING else UnwritableError
    return kind(f"{path} cannot be {verb}: {error.strerror or error}. {remedy}".rstrip())


def refusal(path: Path) -> OSError | None:
    """Return what the system says when a file like this one is to be opened and locked; None where it agrees."""
    try:
        if path.is_dir():
            return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            return PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with TemporaryFile(dir=path.parent) as file:
            with suppress(ImportError):  # another system has locks of another kind
                from fcntl import LOCK_EX, LOCK_NB, lockf

                lockf(file.fileno(), LOCK_EX | LOCK_NB)  # as SQLite does
            file.write(bytes(PAGE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None


def salvage(path: Path) -> str:
    """Return what is safe to do about a damaged database: a committed round is in the pool, and asks for no reply."""
    if path.name == LOCK:
        return "It holds nothing: remove it."
    away = f"move it away, together with {path.name}-wal and {path.name}-shm if they exist,"
    if not (path.parent / ".hydra").exists() and not (path.parent / ROUNDS).exists():
        return f"To continue, {away} or choose another file. Runs keep copies of the replies that they used."
    if not has_rounds(path.parent):
        return f"To continue, {away} and run the command again: no round uses it yet, and its replies are paid again."
    return (
        "Do not delete it: explain, refilter and capsule need its replies to the committed rounds, and the .recover"
        f" command of sqlite3 may save them. To finish the run without them, {away} and run the command again:"
        " committed rounds stay as they are, and only replies to later rounds are paid again."
    )
