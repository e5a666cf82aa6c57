"""Zips: what reading one that is damaged or foreign raises, what in it is nobody's, and the time of what is written.

A damaged zip raises whatever its reader comes upon first.  All of it is meant where one is read, so that nobody who
reads one forgets a kind.
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
    """Whether a file, by its name with the folders it is in, is none that a person put there."""
    return any(part.startswith(HIDDEN) for part in PurePosixPath(name).parts)
