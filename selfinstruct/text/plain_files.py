"""Plain files: what a run folder may hold, before anything in it is read or written.

A run folder may come from others.  A symbolic link in it would lead what is written out of it, and what is read
into a report from anywhere; a named pipe would be waited for without end, and a device may do anything when it is
opened.  No run makes any of these.  The folder itself may be reached through any link: the user named it.
"""

import stat
from contextlib import suppress
from pathlib import Path

from selfinstruct.errors import RunFolderError

KINDS = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
}
FOLDERS = (".", ".hydra", "dataset", "figures")
"""Where the files of a run lie."""


def odd_kind(path: Path) -> str | None:
    """Return what a path is that is neither a file nor a folder; None for what is one of these, or is not there."""
    try:
        mode = stat.S_IFMT(path.lstat().st_mode)
    except OSError:
        return None
    return None if mode in (stat.S_IFREG, stat.S_IFDIR) else KINDS.get(mode, "device")


def check_plain(folder: Path) -> None:
    """Raise RunFolderError for everything in a run folder that is neither a file nor a folder."""
    places = [folder / "wandb" / "id.txt"]
    for place in (folder / name for name in FOLDERS):
        if odd_kind(place) is None:
            with suppress(OSError):  # it is no folder, or cannot be looked into
                places += place.iterdir()
    found = [
        f"{path} is a {kind}, and a run has only files and folders of its own. Remove it."
        for path in sorted(places)
        if (kind := odd_kind(path)) is not None
    ]
    if found:
        raise RunFolderError("\n".join(found))
