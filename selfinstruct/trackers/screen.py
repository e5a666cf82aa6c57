"""Where a run prints: standard output, whatever it is connected to."""

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console as Screen

USUAL, WIDE = 80, 1000
"""Columns of a terminal that does not say how wide it is, and of an output in which nothing is to be folded."""


def screen() -> "Screen":
    """Return where to print: standard output, with colors and a bar only on a terminal."""
    from rich.console import Console as Screen

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a run must not end because a terminal cannot show a dash
    is_terminal = sys.stdout.isatty()
    seen = is_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = None if seen else width_of(is_terminal)

    class Piped(Screen):
        def on_broken_pipe(self) -> None:
            """Raise what rich would make a silent exit with code 1 of."""
            raise  # the BrokenPipeError that is being handled

    return Piped(force_terminal=seen, force_jupyter=False, width=width, markup=False, highlight=False, emoji=False)


def width_of(is_terminal: bool) -> int:
    """Return the columns of an output without codes: of a terminal its own, of a file so many that nothing is folded.

    `COLUMNS` wins, as in other programs.
    """
    if (asked := os.environ.get("COLUMNS", "")).isdecimal() and int(asked):
        return int(asked)
    return (os.get_terminal_size(sys.stdout.fileno()).columns or USUAL) if is_terminal else WIDE
