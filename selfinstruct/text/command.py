"""The command as the user typed it, and words that can be pasted back into a shell.

A message that says what to run must name the program that the user has (or this checkout's, in a process that a
launcher started), and quote every word twice: for Hydra, whose grammar gives a meaning to spaces, brackets and `${`,
and then for the shell.  Hydra's own quoting (`QuotedString.with_quotes`) leaves interpolations alone.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

PLAIN = re.compile(r"[A-Za-z_/][\w./:-]*|[1-9][0-9]*", re.ASCII)
READ_AS_VALUES = ("null", "true", "false", "nan", "inf")
SCRIPT = Path(__file__).parents[2] / "run.py"
SET_BY_LAUNCHERS = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What is set for each of several processes that train together; one of them alone may be left from elsewhere."""
SET_BY_ACCELERATE = ("ACCELERATE_DYNAMO_BACKEND", "ACCELERATE_USE_DEEPSPEED")
LAUNCHERS = {True: "accelerate launch --num_processes {processes}", False: "torchrun --nproc_per_node {processes}"}


def process_count() -> int:
    """Return the number of processes that were launched together; 1 without a launcher."""
    return int(os.environ["WORLD_SIZE"]) if all(os.environ.get(name) for name in SET_BY_LAUNCHERS) else 1


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
    return f"{launched(process_count()) or program()} {shlex.quote(f'hydra.run.dir={hydra_word(str(folder))}')}"


def launched(processes: int) -> str:
    """Return the words that start several processes of this program together; nothing where it is one."""
    if processes == 1:
        return ""
    launcher = LAUNCHERS[any(name in os.environ for name in SET_BY_ACCELERATE)].format(processes=processes)
    return f"{launcher} {'-m selfinstruct' if Path(sys.argv[0]).name == '__main__.py' else shlex.quote(sys.argv[0])}"


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
