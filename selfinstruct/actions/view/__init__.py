"""Show runs in a browser, from a small server on this machine, until Ctrl-C.

It reads what is committed, takes no lock, asks no model, and leaves neither a file nor a folder: not in the runs that
it shows, and none of its own.  The pages are those of `selfinstruct.pages`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar
from zipfile import is_zipfile

from pydantic import Field

from selfinstruct.actions.view.capsule import CapsuleSource
from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.library import Library
from selfinstruct.pages.routes import routes
from selfinstruct.pages.server import serve
from selfinstruct.part import part
from selfinstruct.storage.folder import CONFIG
from selfinstruct.storage.hashes import ROUNDS

if TYPE_CHECKING:
    from selfinstruct.run import Run

NO_RUN = "{path} holds no run. Name the folder of one (hydra.run.dir=<folder>), or one of many: view.runs=[outputs]."


@part
class View:
    """Serves the pages of some runs."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    runs: list[str]
    """Folders of runs, of sweeps, or of many of them, and zips of capsules; none for the run in `hydra.run.dir`."""
    port: Annotated[int, Field(ge=0, le=65535)]
    """Where the server listens; 0 lets the system choose."""
    host: Annotated[str, Field(min_length=1)]
    """The address that it listens on; any other than this machine's own asks for a token."""

    def problems(self, run: "Run") -> list[str]:
        """Report what is neither a folder nor a capsule, and a single folder that holds no run."""
        if not self.runs:
            is_run = any((run.start.folder / name).exists() for name in (CONFIG, ROUNDS))
            return [] if is_run else [NO_RUN.format(path=run.start.folder)]
        found = {path: problem_of(path) for path in map(Path, self.runs)}
        return [f"view.runs: {path} {problem}." for path, problem in found.items() if problem]

    def __call__(self, run: "Run") -> None:
        """Answer until Ctrl-C or SIGTERM; raises SelfInstructError for a port that cannot be used.

        A run or a capsule that is damaged has a page that says so, beside those that are not.
        """
        places = [Path(name) for name in self.runs] or [run.start.folder]
        capsules = {path: CapsuleSource(path) for path in places if path.is_file()}
        library = Library(places, capsules)
        if not library.runs() and len(places) == 1:
            raise SelfInstructError(NO_RUN.format(path=places[0]))
        serve(routes(library), self.host, self.port, name="view")


def problem_of(path: Path) -> str | None:
    """Return why a path cannot be looked at; whether a capsule is damaged is found when it is read."""
    if not path.exists():
        return "does not exist"
    return None if path.is_dir() or (path.is_file() and is_zipfile(path)) else "is neither a folder nor a zip"
