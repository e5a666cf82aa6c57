"""Where templates are filled: in this process, or in one with limits where they may be others'.

A template that comes with the program, or that its user typed, is filled here.  While `apart(True)` lasts, which is for
a whole job whose config has files or words of others (`selfinstruct.cli.strangers`), all templates are compiled and
filled in one child process (`confinement`), by the same functions, since Jinja's sandbox does not bound what a template
takes, or its compiler.
"""

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from selfinstruct.text.confinement import Confined, ExceededError
from selfinstruct.text.template import PROMPT, Form
from selfinstruct.text.template import fill as fill_here
from selfinstruct.text.template import variables as variables_here

CHILD = Confined()
atexit.register(CHILD.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CHILD.forget)
foreign: list[bool] = []
"""An entry for each job under way whose templates may be others'."""


@contextmanager
def apart(is_foreign: bool) -> Iterator[None]:
    """Fill all templates of all threads in the child process while this lasts, if they may be others'."""
    if is_foreign:
        foreign.append(True)
    try:
        yield
    finally:
        if is_foreign:
            foreign.pop()


def fill(text: str, values: Mapping[str, Any], form: Form = PROMPT) -> str:
    """Return the template with the values in it; raises ValueError with what went wrong."""
    if not foreign or "{" not in text:  # without a brace it is only its characters, as most stop strings are
        return fill_here(text, values, form)
    given = {name: values[name] for name in variables_apart(text) if name in values}
    try:
        return CHILD.call(fill_here, text, given, form)
    except ExceededError as error:
        raise ValueError(f"cannot be filled: {error}; simplify the template") from None


def variables(text: str) -> set[str]:
    """Return the variables that a template wants; raises ValueError if it is not a template, or cannot be read."""
    return variables_apart(text) if foreign else variables_here(text)


@lru_cache(maxsize=1024)
def variables_apart(text: str) -> set[str]:
    """Return the variables that a template of others wants; raises ValueError."""
    try:
        return set(CHILD.call(listed, text).split())
    except ExceededError as error:
        raise ValueError(f"cannot be read: {error}; simplify the template") from None


def listed(text: str) -> str:
    """Return the variables that a template wants, in one text."""
    return " ".join(variables_here(text))
