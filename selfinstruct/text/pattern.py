"""Regular expressions that are compiled when they are first used: most runs need a few of the many."""

import re
from typing import Any, cast


class Lazy:
    """Stands for a pattern until one of its methods is needed."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._arguments = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the compiled pattern, and keep it."""
        value = getattr(re.compile(*self._arguments), name)
        setattr(self, name, value)
        return value


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return the pattern of a regular expression, which is compiled later."""
    return cast("re.Pattern[str]", Lazy(pattern, flags))
