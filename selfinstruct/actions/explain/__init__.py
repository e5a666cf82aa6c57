"""Explain where a task came from and what became of it, out of the run folder alone.

No model is asked and nothing of the run is changed, so that a run may be explained while it is in progress.  The text
is also written to `explain/<id>.md`.  Ids are shown as they are typed after `explain.id=` in a shell, and control
characters, which a terminal would obey, as escapes.
"""

import hashlib
import re
import sys
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.explain.lineage import lineage
from selfinstruct.actions.explain.pieces import FENCE
from selfinstruct.actions.explain.story import Story
from selfinstruct.errors import SelfInstructError
from selfinstruct.part import part
from selfinstruct.storage.differences import differences
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.escaping import inert
from selfinstruct.text.terminal import printable

if TYPE_CHECKING:
    from selfinstruct.run import Run


@part
class Explain:
    """Prints the whole story of a task or a rejected candidate, or the lineage of the run."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    id: str | int | None
    """A task's id; a request's (`instructions/3/2`); a rejection's, the n-th of a request (`instructions/3/2:1`, or
    `#1`). Null for the run's lineage."""

    def problems(self, run: "Run") -> list[str]:
        """Return nothing: what it needs is known when the folder is read."""
        return []

    def __call__(self, run: "Run") -> None:
        """Print the text and write it down; raises SelfInstructError for an id that the run does not have."""
        record = RunReader(run.start.folder)
        name = "lineage" if self.id is None else str(self.id)
        lines = lineage(record) if self.id is None else Story(record, run.recipe).of(name)
        if lines is None:
            raise SelfInstructError(printable(f"The run has no task, request or rejection {name!r}."))
        if others := differences(record.config, run.start.declared):
            lines += ["", "## Not the run's own settings", "", *(f"- {other.text}." for other in others)]
        lines = [printable(line) for line in lines]
        written = "\n".join(line if line.startswith(FENCE) else inert(line) for line in lines) + "\n"
        path = run.start.folder / "explain" / f"{safe(name)}.md"
        path.parent.mkdir(exist_ok=True)
        replace_text(path, written)  # before it is shown: the pipe may be closed early
        show("\n".join(lines) + f"\n\nWritten to {printable(str(path))}\n")


def show(text: str) -> None:
    """Print plain text, also where the terminal cannot show all of it."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def safe(name: str) -> str:
    """Return a file name made of an id, which may hold anything: short, and different for every id."""
    if re.fullmatch(r"[\w-]{1,60}", name, re.ASCII):
        return name
    plain = re.sub(r"[^\w-]+", "-", name.replace("/", "_"), flags=re.ASCII).strip("-")[:60]
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
