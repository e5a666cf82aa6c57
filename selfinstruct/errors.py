"""What can go wrong that a user must know of, one sentence each.

Parts raise plain `ValueError` for a wrong value; the caller that knows the key or the file turns it into one of these.
A bad reply of a model is never an error: it is a rejection with its reason.
"""

from collections.abc import Sequence


class SelfInstructError(Exception):
    """An error that the user can fix; the message says what, where and what to do."""


class Problems(SelfInstructError):
    """Several errors to fix, reported together."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ConfigError(Problems):
    """The config holds mistakes: a wrong value, an unknown key, a missing file, a template that cannot be filled."""


class DataError(Problems):
    """A file of tasks holds mistakes, each named by file and line."""


class ModelError(SelfInstructError):
    """The model cannot continue (bad key, unknown model, or it keeps failing); all replies so far are stored."""


class RunFolderError(SelfInstructError):
    """The run folder cannot be used."""


class UnwritableError(RunFolderError):
    """A file of the run folder cannot be written now; the run can be resumed later."""


def first_few(mistakes: Sequence[str], most: int, place: object) -> list[str]:
    """Return the first mistakes of a place, and how many more there are: a file of another kind has many."""
    more = len(mistakes) - most
    rest = [f"{place}: {more:,} more mistake{'s' if more > 1 else ''} like these."] if more > 0 else []
    return [*mistakes[:most], *rest]
