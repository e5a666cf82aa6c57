"""Templates: Jinja in a sandbox, since a config may come from somebody else.

A variable that nobody gives is an error and not an empty string, and whatever goes wrong while a template is filled is
a ValueError in one line, whether Jinja or the template's own arithmetic is at fault.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment as Sandbox
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

__all__ = ["EXACT", "PROMPT", "Sandbox", "fill", "one_line", "variables"]


@lru_cache(maxsize=4096)  # a prompt shows the same examples as the one before
def one_line(text: str) -> str:
    """A text on one line, without the colons at its end, so that it can stand in a list (reference code)."""
    return re.sub(r"\s+", " ", text).strip().rstrip(": ")


class Quick(SandboxedEnvironment):
    """The sandbox, with a short way to the fields of tasks and examples, which are data and need no guard.

    A prompt with its few-shot examples looks up some seventy of them, and the guard took half of a run's time.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The field of a dataclass; all else as the sandbox allows."""
        if attribute in getattr(type(obj), "__dataclass_fields__", ()) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def sandbox(**options: bool) -> Sandbox:
    """An environment in which templates run."""
    made = Quick(undefined=StrictUndefined, **options)
    made.filters["one_line"] = one_line
    return made


PROMPT = sandbox(trim_blocks=True, lstrip_blocks=True)
"""For prompts: a line that holds only a tag leaves no line behind."""
EXACT = sandbox(keep_trailing_newline=True)
"""For stop strings and rows of a dataset: every character counts, a line end at the close too."""


@lru_cache(maxsize=256)
def compiled(text: str, environment: Sandbox) -> Template:
    """A template, ready to be filled."""
    return environment.from_string(text)


def variables(text: str) -> set[str]:
    """The variables that a template wants; raises ValueError if it is none."""
    try:
        wanted = meta.find_undeclared_variables(PROMPT.parse(text))
        compiled(text, PROMPT)
    except TemplateError as error:
        raise ValueError(f"is no Jinja template: {error}") from None
    return wanted - PROMPT.globals.keys()


def fill(text: str, values: Mapping[str, Any], environment: Sandbox = PROMPT) -> str:
    """The template with the values in it; raises ValueError with what went wrong."""
    try:
        return compiled(text, environment).render(values)
    except Exception as error:
        raise ValueError(f"cannot be filled: {str(error).rstrip('.') or type(error).__name__}") from None
