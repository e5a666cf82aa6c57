"""Have people rate answers or tasks, blind, on a page of a local server or in a file that is mailed.

What is rated is drawn once, into a sheet that never changes; the same command resumes.  A file that a rater sends back
is put into the folder of the sheet as `<rater>.jsonl`, and counts from the next start.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.protocol import Protocol
from selfinstruct.rating import agreement, result
from selfinstruct.rating.entries import entries
from selfinstruct.rating.journal import NAME
from selfinstruct.rating.sheet import KEY, SHEET, Sheet, key_of, made, stored
from selfinstruct.storage.folder import replace_text
from selfinstruct.text.plain_files import check_plain

if TYPE_CHECKING:
    from selfinstruct.run import Run

FOLDER = "ratings"
"""Where the sheets of a run lie."""
FILE = "rate.html"
OWN = "run"
"""What the run in `hydra.run.dir` is called in the result."""
NONE_CHOSEN = "rate: choose what is asked: protocol=spot_check, user_oriented or pairwise."
NAMELESS = "rate.name must have 1 to 40 letters of a to z, digits, _ or - (got {name!r})."
CHANGED = (
    "{path} was made with other {what}, and never changes. Restore them to resume it, or set rate.name=<another name>."
)


@part
class Rate:
    """Collects blind ratings."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    name: str | None
    """The folder of the sheet below `ratings/`; null for the protocol's name."""
    answers: dict[str, Path] | None
    """System to where its answers are: the folder of a run, or a file of predictions. Null for the run in
    `hydra.run.dir`. The names are shown in the result only."""
    set: Path | None
    """The file of the tasks, with their references, as published with Self-Instruct; null to take the tasks from the
    answers. Runs bring their references along."""
    together: bool
    """Whether a rater sees all answers to a task one after the other."""
    mail: bool
    """Write the page as one file, `rate.html`, and the result so far, and stop."""
    port: Annotated[int, Field(ge=0, le=65535)]
    """The port of the page; 0 for any that is free."""
    host: Annotated[str, Field(min_length=1)]
    """The interface that the page is served on."""

    def problems(self, run: "Run") -> list[str]:
        """Report a missing protocol or package, a bad name, and answers that are not there."""
        protocol = [] if run.protocol else [NONE_CHOSEN]
        named = [] if self.name is None or NAME.fullmatch(self.name) else [NAMELESS.format(name=self.name)]
        paths = {f"rate.answers.{name}": path for name, path in (self.answers or {}).items()}
        paths |= {"rate.set": self.set} if self.set else {}
        lost = [f"{key}: there is no {path}." for key, path in paths.items() if not path.exists()]
        return [*protocol, *named, *lost, *agreement.missing()]

    def __call__(self, run: "Run") -> None:
        """Make the sheet where there is none; write the file to mail, or serve the page until Ctrl-C."""
        assert run.protocol is not None  # problems() has reported it
        folder = run.start.folder / FOLDER / (self.name or run.protocol.name)
        check_plain(run.start.folder / FOLDER)
        sheet = self._sheet(run, run.protocol, folder)
        result.write(folder, sheet)
        if self.mail:
            from selfinstruct.pages.rating_page import rating_file

            replace_text(folder / FILE, rating_file(sheet))
            say(f"Send {shown(folder / FILE)} to your raters, and put the files that come back beside it.")
        else:
            from selfinstruct.pages.rating_routes import routes, start
            from selfinstruct.pages.server import serve

            serve([start(folder.name), *routes(folder.parent)], self.host, self.port, name="rate")
        if result.write(folder, sheet):
            say(f"The result: {shown(folder / 'result.md')}")

    def _sheet(self, run: "Run", protocol: Protocol, folder: Path) -> Sheet:
        """Return the sheet of the folder, which must fit what was asked for, or make it."""
        systems = self.answers or {OWN: run.start.folder}
        sheet = stored(folder)
        if sheet is None:
            found = entries(protocol, systems, self.set, run.random_seed)
            sheet, key = made(protocol, found, run.random_seed, together=self.together)
            sheet.store(folder, key)
            say(f"{shown(folder / SHEET)}: {len(sheet.items)} items to rate; {KEY} says whose they are.")
            return sheet
        asked = {
            "questions": replace(sheet.protocol, judge=[]) == replace(protocol, judge=[]),
            "settings (random_seed, rate.together)": (sheet.random_seed, sheet.together)
            == (run.random_seed, self.together),
            "systems": not self.answers or {*self.answers} <= {*key_of(folder, sheet)["systems"]},
        }
        if wrong := [what for what, is_same in asked.items() if not is_same]:
            raise RunFolderError(CHANGED.format(path=folder / SHEET, what=" and ".join(wrong)))
        return sheet


def shown(path: Path) -> str:
    """Return a path as a user finds it."""
    return os.path.relpath(path)


def say(text: str) -> None:
    """Print a line."""
    from selfinstruct.text.terminal import printable

    print(printable(text), flush=True)  # noqa: T201
