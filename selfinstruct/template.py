"""Templates: Jinja in a sandbox, since a config may come from somebody else.

A variable that nobody gives is an error and not an empty string, and whatever goes wrong while a template is filled is
a ValueError in one line, whether Jinja or the template's own arithmetic is at fault.

The sandbox keeps a template from what is not its own.  It also bounds what a template may take: every round of a loop,
every call, and every item or character that a step makes of others counts, and there are so many of them for one text.
Counted is by how long things are, before a loop begins, so that an ordinary prompt pays next to nothing.  Rejected: a
limit of time, for a template must not depend on how busy a machine is.  What draws at random is left out: two runs with
one seed must write the same bytes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from jinja2 import Environment as Sandbox
from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

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


class Steps:
    """How much one text has taken so far."""

    def __init__(self) -> None:
        self._taken = 0

    def take(self, count: int) -> None:
        """Some steps more; raises ValueError when that is too many."""
        self._taken += count
        if self._taken > LONGEST:
            raise ValueError(TOO_LONG)


WIDE = re.compile(rf"\d{{{len(str(LONGEST))}}}")
"""What may be a width, in a text that others are put into, and is too large for one."""
SHORTER = ("one_line", "trim", "length")
"""Filters that never make more of what they get."""
TOO_LONG = f"it takes more than {LONGEST:,} steps, as loops within loops do"
JOINED = "joined"
"""The filter that writes what `~` joins; as Python does, unless an environment has another."""
STEPS: ContextVar[Steps] = ContextVar("steps")
SOME = 100
"""The steps of a call, and of an item that has to be waited for: they take so much longer."""
ROUND = 10
"""The steps of a round of a loop."""


def size(value: object) -> int:
    """How many items or characters a value holds; 1 for what holds none."""
    return len(value) if isinstance(value, Sized) else 1


def limited(value: Any) -> Any:
    """What a filter or a call is given; raises ValueError for a number that might be the width of a text too large."""
    if isinstance(value, int) and abs(value) > LONGEST:
        raise ValueError(TOO_LARGE)
    return value


def fitting(text: Any, *values: Any) -> Any:
    """A text that others are put into, if no width in it is of a size that no text may have; raises ValueError."""
    if isinstance(text, str) and WIDE.search(text):
        raise ValueError(TOO_LARGE)
    for value in values:
        limited(value)
    return text


@pass_context  # so that nothing is worked out while the template is compiled, where nothing counts
def counted(context: Context, value: Any, each: int = 1) -> Any:
    """The value, its items counted as steps: at once where their number is known, else as they come."""
    if isinstance(value, Iterator):
        return one_by_one(value)
    STEPS.get().take(size(value) * each)
    return value


def one_by_one(items: Iterator[Any]) -> Iterator[Any]:
    """The items, each of them counted."""
    steps = STEPS.get()
    for item in items:
        steps.take(SOME)
        yield item


class Counting(NodeTransformer):
    """Has a template count what its loops go through, and what its filters and its joins of texts make."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802  (Jinja's name)
        """A loop."""
        self.generic_visit(node)
        node.iter = count(cast(nodes.Expr, node.iter), "counted", nodes.Const(ROUND))
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Filter:  # noqa: N802
        """A filter, such as `center(1000)`."""
        self.generic_visit(node)
        node.args = [count(argument, "limited") for argument in node.args]
        if node.name == "format" and node.node is not None:
            node.node = count(node.node, "fitting")
        for pair in node.kwargs:
            pair.value = count(pair.value, "limited")
        is_shorter = node.name in SHORTER or node.node is None  # None: of a whole block, which is a text as any other
        return node if is_shorter else count(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        """`a ~ b`, of values as the environment writes them."""
        self.generic_visit(node)
        node.nodes = [count(one, JOINED) for one in node.nodes]
        return count(node)


def count(node: nodes.Expr, how: str = "counted", *more: nodes.Expr) -> nodes.Filter:
    """The node, with what it gives counted."""
    return nodes.Filter(node, how, [*more], [], None, None, lineno=node.lineno, environment=node.environment)


class Quick(SandboxedEnvironment):
    """The sandbox, with a short way to the fields of tasks and examples, which are data and need no guard.

    A prompt with its few-shot examples looks up some seventy of them, and the guard took half of a run's time.
    """

    concat = staticmethod(bounded)
    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return cast(nodes.Template, Counting().visit(super()._parse(source, name, filename)))

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call, if what it is given is of a size that a text may have; a loop may call itself with more items."""
        values = [getattr(called, "__self__", None), *args, *kwargs.values()]
        STEPS.get().take(SOME + sum(map(size, map(limited, values))))
        if getattr(called, "__name__", "") in ("format", "format_map"):
            fitting(values[0])
        if isinstance(called, LoopContext):
            args = tuple(counted(context, value, ROUND) for value in args)
        made = super().call(context, called, *args, **kwargs)
        STEPS.get().take(size(made) if isinstance(made, str | list | tuple | dict | range) else 1)
        return made

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A sum, product, power or formatted text, if it is of a size that a text may have."""
        if operator == "+":
            if not isinstance(left, int | float):
                STEPS.get().take(size(left) + size(right))
            return left + right
        if operator == "%":
            fitting(left, *(right if isinstance(right, tuple) else [right]))
            large = 0
        elif operator == "**":
            large = abs(right) * int(left).bit_length() if isinstance(left, int) and isinstance(right, int) else 0
        else:
            lengths = [len(value) if isinstance(value, str | list | tuple) else value for value in (left, right)]
            repeats = not all(isinstance(value, int | float) for value in (left, right))
            large = lengths[0] * lengths[1] if repeats else 0
        if large > LONGEST:
            raise ValueError(TOO_LARGE)
        STEPS.get().take(max(0, int(large)))
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The field of a dataclass; all else as the sandbox allows."""
        if attribute in getattr(type(obj), "__dataclass_fields__", ()) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


def sandbox(**options: bool) -> Sandbox:
    """An environment in which templates run."""
    made = Quick(undefined=StrictUndefined, optimized=False, **options)
    made.filters |= {"one_line": one_line, "counted": counted, "limited": limited, "fitting": fitting}
    made.filters[JOINED] = lambda value: value
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
    before = STEPS.set(Steps())
    try:
        return compiled(text, environment).render(values)
    except Exception as error:
        raise ValueError(f"cannot be filled: {str(error).rstrip('.') or type(error).__name__}") from None
    finally:
        STEPS.reset(before)
