"""Templates: Jinja in a sandbox, since a config may come from others.

A variable without a value is an error, and whatever goes wrong while a template is filled is a ValueError in one line.

The sandbox keeps a template from what is not its own.  It does not bound what a template takes: those of others are
filled in a process with limits (`rendering`, from where all other modules import `fill` and `variables`).

Filters that draw at random are left out: two runs with one seed must write the same bytes.
"""

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment


@lru_cache(maxsize=4096)  # a prompt shows the same examples as the one before
def one_line(text: str) -> str:
    """Return a text on one line, without the colons at its end, so that it can stand in a list (reference code)."""
    return re.sub(r"\s+", " ", text).strip().rstrip(": ")


def as_sentence(text: str) -> str:
    """Return a text with a full stop behind it, unless an ASCII punctuation mark ends it (Tk-Instruct's encoding)."""
    return text if text[-1:] in string.punctuation else f"{text}."


LONGEST = 10_000_000
"""Characters that a filled template may have; more than any model reads."""
SHOWN = 300
"""Characters of an error that are shown."""
WRITTEN = "written"
"""The filter that has a value written as its form says."""


class Quick(SandboxedEnvironment):
    """The sandbox, with a short way to the fields of tasks, which need no guard: it took half of a run's time."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Have what `~` joins written as the form says, too; Jinja's `finalize` sees only the whole."""
        tree = super()._parse(source, name, filename)
        for joined in list(tree.find_all(nodes.Concat)) if self.finalize else ():
            joined.nodes = [
                nodes.Filter(one, WRITTEN, [], [], None, None, lineno=one.lineno, environment=self)
                for one in joined.nodes
            ]
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the field of a dataclass; all else as the sandbox allows."""
        if attribute in getattr(type(obj), "__dataclass_fields__", ()) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


@dataclass(frozen=True, kw_only=True)
class Form:
    """How templates of a kind are read and written; a value, so that another process can be given it."""

    trims_tags: bool = False
    keeps_last_line_end: bool = False
    write: Callable[[Any], Any] | None = None
    """Makes of each value what is written for it; a function of a module."""


PROMPT = Form(trims_tags=True)
EXACT = Form(keeps_last_line_end=True)
"""For stop strings and rows of a dataset: every character counts."""


@lru_cache
def sandbox(form: Form) -> Environment:
    """Return the environment in which templates of a form run."""
    made = Quick(
        undefined=StrictUndefined,
        optimized=False,
        trim_blocks=form.trims_tags,
        lstrip_blocks=form.trims_tags,
        keep_trailing_newline=form.keeps_last_line_end,
        finalize=form.write,
    )
    made.filters |= {"one_line": one_line, "as_sentence": as_sentence, WRITTEN: form.write}
    del made.filters["random"], made.globals["lipsum"]
    return made


@lru_cache(maxsize=256)
def compiled(text: str, form: Form) -> Template:
    """Return a template, ready to be filled."""
    return sandbox(form).from_string(text)


def variables(text: str) -> set[str]:
    """Return the variables that a template wants; raises ValueError if it is not a template."""
    environment = sandbox(PROMPT)
    try:
        wanted = meta.find_undeclared_variables(environment.parse(text))
        compiled(text, PROMPT)
    except (TemplateError, SyntaxError, RecursionError) as error:  # the latter two for what is nested too deeply
        raise ValueError(f"is not a Jinja template: {reason(error)}") from None
    return wanted - environment.globals.keys()


def fill(text: str, values: Mapping[str, Any], form: Form = PROMPT) -> str:
    """Return the template with the values in it; raises ValueError with what went wrong."""
    try:
        made = compiled(text, form).render(values)
    except MemoryError:  # not of the template alone
        raise
    except Exception as error:
        raise ValueError(f"cannot be filled: {reason(error)}") from None
    if len(made) > LONGEST:
        raise ValueError(f"cannot be filled: it makes more than {LONGEST:,} characters")
    return made


def reason(error: Exception) -> str:
    """Return what an error says, in one line."""
    text = " ".join(str(error)[: 10 * SHOWN].split()).rstrip(".")
    return (text if len(text) <= SHOWN else f"{text[:SHOWN]}…") or type(error).__name__
