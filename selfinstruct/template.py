"""Templates: Jinja in a sandbox, since a config may come from somebody else.

A variable that nobody gives is an error and not an empty string, and whatever goes wrong while a template is filled is
a ValueError in one line, whether Jinja or the template's own arithmetic is at fault.

The sandbox keeps a template from what is not its own.  It also bounds what one product, one power and one text may
take; a loop in a loop in a loop still takes its time, before anything is paid for, and Ctrl-C ends it.  What draws at
random is left out: two runs with one seed must write the same bytes.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from jinja2 import Environment as Sandbox
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

__all__ = ["EXACT", "PROMPT", "Sandbox", "fill", "one_line", "variables"]


@lru_cache(maxsize=4096)  # a prompt shows the same examples as the one before
def one_line(text: str) -> str:
    """A text on one line, without the colons at its end, so that it can stand in a list (reference code)."""
    return re.sub(r"\s+", " ", text).strip().rstrip(": ")


LONGEST = 10_000_000
"""Characters, or digits in bits, that a template may make; more than any model reads."""


def bounded(pieces: Iterable[str]) -> str:
    """The pieces as one text; raises ValueError where that grows without end."""
    more, text = iter(pieces), ""
    while some := list(islice(more, 1000)):
        text += "".join(some)
        if len(text) > LONGEST:
            raise ValueError(TOO_LARGE)
    return text


TOO_LARGE = f"it makes more than {LONGEST:,} characters"


class Quick(SandboxedEnvironment):
    """The sandbox, with a short way to the fields of tasks and examples, which are data and need no guard.

    A prompt with its few-shot examples looks up some seventy of them, and the guard took half of a run's time.
    """

    concat = staticmethod(bounded)
    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A product or a power, if it is of a size that a text may have."""
        if operator == "**":
            size = abs(right) * int(left).bit_length() if isinstance(left, int) and isinstance(right, int) else 0
        else:
            lengths = [len(value) if isinstance(value, str | list | tuple) else value for value in (left, right)]
            repeats = not all(isinstance(value, int | float) for value in (left, right))
            size = lengths[0] * lengths[1] if repeats else 0
        if size > LONGEST:
            raise ValueError(TOO_LARGE)
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The field of a dataclass; all else as the sandbox allows."""
        if attribute in getattr(type(obj), "__dataclass_fields__", ()) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def sandbox(**options: bool) -> Sandbox:
    """An environment in which templates run."""
    made = Quick(undefined=StrictUndefined, **options)
    made.filters["one_line"] = one_line
    del made.filters["random"], made.globals["lipsum"]
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
