"""Zip archives: the errors of damaged ones, which entries to skip (`__MACOSX`, dot files), and the time of entries.

Reading a damaged zip raises many kinds of errors; they are listed here once, for all readers.
"""

import zipfile
import zlib
from pathlib import PurePosixPath

UNREADABLE = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged or foreign zip raises; a RuntimeError, where a file of it has a password."""
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip that is written, the earliest that the format knows: the same files, the same
bytes."""
HIDDEN = ("__MACOSX", ".")
"""What systems put beside the files of a person."""


def is_hidden(name: str) -> bool:
    """Return whether a file, by its name with the folders it is in, was created by a system, not by a person."""
    return any(part.startswith(HIDDEN) for part in PurePosixPath(name).parts)
