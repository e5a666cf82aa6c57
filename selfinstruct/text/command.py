"""The command as the user typed it, and words that can be pasted back into a shell.

A message that says what to run must name the program that the user has (or this checkout's, in a process that a
launcher started), and quote every word twice: for Hydra, whose grammar gives a meaning to spaces, brackets and `${`,
and then for the shell.  Hydra's own quoting (`QuotedString.with_quotes`) leaves interpolations alone.
"""

import re
import shlex
import shutil
import sys
from pathlib import Path

PLAIN = re.compile(r"[A-Za-z_/][\w./:-]*|[1-9][0-9]*", re.ASCII)
READ_AS_VALUES = ("null", "true", "false", "nan", "inf")
SCRIPT = Path(__file__).parents[2] / "run.py"


def program() -> str:
    """Return the words that start this program, as they are typed in a shell."""
    started = Path(sys.argv[0])
    if started.stem == "selfinstruct":
        found = shutil.which(started.stem)
        return started.stem if found and Path(found).resolve() == started.resolve() else shlex.quote(sys.argv[0])
    if started.name != SCRIPT.name and not SCRIPT.is_file():
        return "selfinstruct"
    script = started if started.name == SCRIPT.name else SCRIPT
    return f"{python()} {shlex.quote(str(script))}"


def python() -> str:
    """Return the interpreter's short name where the shell would find the same one, else its path."""
    names = ("python", "python3")
    return next((name for name in names if shutil.which(name) == sys.executable), shlex.quote(sys.executable))


def to_resume(folder: Path) -> str:
    """Return the command that resumes the run in a folder; the folder remembers all other words and flags."""
    return f"{program()} {shlex.quote(f'hydra.run.dir={hydra_word(str(folder))}')}"


def hydra_word(text: str) -> str:
    """Return a text as the value of an override, quoted where Hydra would read it as something else."""
    if PLAIN.fullmatch(text) and text.lower() not in READ_AS_VALUES:
        return text
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)  # an escaped interpolation is text
    text = re.sub(r'(\\*)"', r'\1\1\\"', text)
    text = re.sub(r"(\\+)$", r"\1\1", text)
    return f'"{text}"'


def pasted(text: str) -> str:
    """Return a text as it is typed after `key=` in a shell; most ids need no quotes."""
    return shlex.quote(hydra_word(text))
