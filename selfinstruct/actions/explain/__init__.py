"""Tell where a task came from and what became of it, out of the run folder alone.

Nothing is asked and nothing of the run is changed, so that a run may be looked at while it is under way.  What is told
is also written to `explain/<id>.md` in the run folder: the prompts are long, and a terminal is no place to read them.
An id may hold anything, since seeds bring their own, so that the file's name is made of what is safe in it and, where
that is not all, of a hash.

Ids are shown as they are typed after `explain.id=` in a shell, most of them without quotes.

A model's words may hold control characters, which a terminal would obey: they are shown as escapes.
"""

import hashlib
import re
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

from selfinstruct.actions.explain.lineage import told_lineage
from selfinstruct.actions.explain.story import Story
from selfinstruct.actions.explain.text import FENCE
from selfinstruct.errors import SelfInstructError
from selfinstruct.part import part
from selfinstruct.storage.differences import differences
from selfinstruct.storage.folder import kept_config, replace_text
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.command import pasted
from selfinstruct.text.escaping import inert
from selfinstruct.text.terminal import printable

if TYPE_CHECKING:
    from selfinstruct.run import Run


@part
class Explain:
    """Tells a task's or a rejected candidate's whole story, or what bred most."""

    asks: ClassVar[bool] = False
    """It does not."""
    is_apart: ClassVar[bool] = True
    """It reads the folder as it lies there, also while another process is at work in it."""

    id: str | int | None
    """A task's id; a request's (`instructions/3/2`); a rejection's, the n-th of a request (`instructions/3/2:1`, or
    `#1`). Null for the run's lineage."""

    def problems(self, run: "Run") -> list[str]:
        """What it needs is known when the folder is read."""
        return []

    def __call__(self, run: "Run") -> None:
        """Print it, and write it down; raises SelfInstructError for an id that the run does not have."""
        record = RunReader(run.start.folder)
        others = differences(kept_config(run.start.folder), run.start.declared)
        story = Story(record, run.recipe)
        name = "lineage" if self.id is None else str(self.id)
        told = told_lineage(record) if self.id is None else found(story, name)
        if others:
            told += ["", "## Not the run's own settings", ""]
            told += [f"- {found.text}." for found in others]
        told = [printable(part) for part in told]
        written = "\n".join(part if part.startswith(FENCE) else inert(part) for part in told) + "\n"
        folder = run.start.folder / "explain"
        folder.mkdir(exist_ok=True)
        replace_text(folder / f"{safe(name)}.md", written)  # before it is shown: nobody may read to the end
        show("\n".join(told) + "\n")
        show(f"\nWritten to {printable(str(folder / f'{safe(name)}.md'))}\n")


def found(story: Story, name: str) -> list[str]:
    """What is told of an id; raises SelfInstructError, with the ids that are like it, where there is none."""
    told = story.of(name)
    if told is None:
        near = get_close_matches(name, story.ids(), n=5, cutoff=0.5)
        hint = f" Did you mean {', '.join(map(pasted, near))}?" if near else ""
        raise SelfInstructError(printable(f"The run has no task, request or rejection {name!r}.{hint}"))
    return told


def show(text: str) -> None:
    """Print plain text, also where the terminal cannot show all of it."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def safe(name: str) -> str:
    """A file name out of an id: short, and the same for no other id."""
    plain = re.sub(r"[^\w-]+", "-", name.replace("/", "_"), flags=re.ASCII).strip("-")[:60]
    if re.fullmatch(r"[\w-]{1,60}", name, re.ASCII):
        return name
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
