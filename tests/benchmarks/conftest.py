"""What the benchmarks measured, as one table at the end of the session, and as a file.

They are no part of the default run: `python -m pytest tests/benchmarks`.  They assert what is exact, and report times
beside the limits that we set ourselves; a time depends on the machine, and fails nothing.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest

Value: TypeAlias = str | float | None

COLUMNS = ("what", "ours", "against", "their value", "ratio", "limit")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    part: str
    what: str
    ours: Value
    against: str
    theirs: Value
    ratio: Value
    limit: Value

    def cells(self) -> list[str]:
        return [shown(value) for value in (self.what, self.ours, self.against, self.theirs, self.ratio, self.limit)]


@dataclass
class Table:
    """All lines of a session, in the order they came."""

    rows: list[Row] = field(default_factory=list)

    def row(
        self,
        part: str,
        what: str,
        ours: Value,
        *,
        against: str = "",
        theirs: Value = None,
        ratio: Value = None,
        limit: Value = None,
    ) -> None:
        """Note a line of a part: what was measured, our value, whose value it stands beside, and what we hold to."""
        self.rows.append(Row(part, what, ours, against, theirs, ratio, limit))

    def markdown(self) -> str:
        """The lines as Markdown, the parts one below the other."""
        lines = []
        for part in dict.fromkeys(row.part for row in self.rows):
            lines += ["", f"**{part}**", "", line(COLUMNS), line(["---"] * len(COLUMNS))]
            lines += [line(row.cells()) for row in self.rows if row.part == part]
        return "\n".join(lines)

    def write(self, folder: Path) -> Path:
        """Write the lines to the file of the day; those of an earlier session stay, unless measured again."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{date.today().isoformat()}.json"
        earlier = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
        rows = {(row["part"], row["what"]): row for row in [*earlier, *map(asdict, self.rows)]}
        machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
        text = json.dumps(machine | {"rows": list(rows.values())}, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
        return path


def shown(value: Value) -> str:
    """A number with three digits that count, or the text as it is."""
    if isinstance(value, float) and abs(value) < 1000:
        return f"{value:#.3g}".rstrip(".")
    return f"{value:,.0f}" if isinstance(value, int | float) else value or ""


def line(cells: object) -> str:
    return "| " + " | ".join(cells) + " |"  # type: ignore[arg-type, operator]


TABLE = pytest.StashKey[Table]()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """One process, for two would measure each other."""
    config.option.numprocesses, config.option.dist = 0, "no"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = Table()


@pytest.fixture(scope="session")
def table(request: pytest.FixtureRequest) -> Table:
    """Where a benchmark notes what it measured."""
    return request.config.stash[TABLE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    table = config.stash[TABLE]
    if table.rows:
        path = table.write(config.rootpath / "outputs" / "benchmarks")
        terminalreporter.write_line(table.markdown())
        terminalreporter.write_line(f"\nwritten to {path.relative_to(config.rootpath)}")
