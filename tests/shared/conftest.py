"""Tests against real data, which is no part of the project: they run where it lies beside the checkout."""

from pathlib import Path

FOLDER = Path(__file__).parent


def pytest_terminal_summary(terminalreporter):
    """Say how many of them ran, so that a green run without them is not taken for one with them."""
    here = FOLDER.relative_to(terminalreporter.config.rootpath).as_posix()

    def count(*outcomes):
        reports = (report for outcome in outcomes for report in terminalreporter.stats.get(outcome, []))
        return len({report.nodeid for report in reports if getattr(report, "nodeid", "").startswith(here)})

    terminalreporter.write_line(
        f"real data: {count('passed', 'failed')} tests ran against it, {count('skipped')} were skipped"
    )
