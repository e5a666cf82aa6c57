"""What can go wrong that a user must know of, one sentence each.

    SelfInstructError        anything that is told without a traceback
    ├── ConfigError          the config holds mistakes; all of them are told at once
    ├── DataError            a file of tasks holds mistakes; all of them are told at once
    ├── ModelError           the model cannot go on: bad key, unknown model, or it keeps failing
    └── RunFolderError       the run folder cannot be used
        └── UnwritableError  one of its files cannot be written now; the run can go on when it can

Parts raise plain `ValueError` for a wrong value; whoever knows the key or the file turns it into one of these.
A bad reply of a model is never an error: it is a rejection with its reason.
"""

from collections.abc import Sequence


class SelfInstructError(Exception):
    """Something that the user can mend; the message says what, where and what instead."""


class Problems(SelfInstructError):
    """Several things to mend, told together."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ConfigError(Problems):
    """The config holds mistakes: a wrong value, an unknown key, a missing file, a template that cannot be filled."""


class DataError(Problems):
    """A file of tasks holds mistakes, each named by file and line."""


class ModelError(SelfInstructError):
    """The model cannot go on; what it had answered is kept."""


class RunFolderError(SelfInstructError):
    """The run folder cannot be used."""


class UnwritableError(RunFolderError):
    """A file of the run folder cannot be written; what was answered and committed is kept."""
