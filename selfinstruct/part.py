"""The decorator that makes a class buildable from YAML.

A part is a frozen, keyword-only pydantic dataclass: its fields are the keys of its YAML, and an unknown key is an
error.  The few parts that hold state while a run lasts (trackers, the run) say `@part(frozen=False)`.  The docstring
below a field is its meaning.  Rejected: pydantic's `use_attribute_docstrings`, which parses every source at each start.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any, TypeVar, dataclass_transform, overload

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

T = TypeVar("T")

CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


@overload
def part(cls: type[T]) -> type[T]: ...
@overload
def part(*, frozen: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, Field))
def part(cls: type[T] | None = None, *, frozen: bool = True) -> Any:
    """Make a class a part: every field is a YAML key, checked when the part is built."""
    make = dataclass(frozen=frozen, kw_only=True, config=CONFIG)
    return make if cls is None else make(cls)
