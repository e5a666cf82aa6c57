"""The comparison as one HTML file, which opens from disk without a network.

It has no script, and its policy forbids any, so that text of a model stays text even if an escape were forgotten.
The markup is in `page.html`; its themes follow the settings of the browser.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED, MOST, THRESHOLD, kept_shares
from selfinstruct.actions.comparison.grouping import CONFIDENCE, RESAMPLES
from selfinstruct.actions.comparison.sent_parameters import sent_parameters
from selfinstruct.actions.comparison.tables import UNKNOWN, Table, digits, of_groups, of_runs, of_scores
from selfinstruct.storage.diversity import even
from selfinstruct.text.escaping import html_page

TEMPLATE = Path(__file__).with_name("page.html")
SHOWN, LONGEST = 5, 400
"""The number of instructions of each run that the page shows, and of characters of each."""


def page(comparison: Comparison) -> str:
    """Return the page."""
    stages = dict.fromkeys(row["stage"] for run in comparison.runs for row in run.rounds)
    values = {
        "count": len(comparison.runs),
        "warnings": comparison.warnings or ["Nothing to note."],
        "plots": {stage: found for stage in stages if (found := series(comparison, stage))},
        "scores": of_scores(comparison),
        "tables": [table for table in tables(comparison) if table.rows],
        "texts": {
            comparison.legend(run): [task.instruction[:LONGEST] for task in even(run.made, SHOWN)]
            for run in comparison.runs
            if run.made
        },
    }
    return html_page(TEMPLATE.read_text(encoding="utf-8"), values)


def series(comparison: Comparison, stage: str) -> dict[str, list[float | None]]:
    """Return each run's legend with its kept shares of a stage; empty for a stage that had one round at most."""
    found = {comparison.legend(run): kept_shares(run, stage) for run in comparison.runs}
    return {label: values for label, values in found.items() if values} if max(map(len, found.values())) > 1 else {}


def tables(comparison: Comparison) -> Iterator[Table]:
    """Yield the tables of the page."""
    keys = comparison.keys
    yield of_runs(comparison, list(EXPLAINED))
    rows = [[run.label, run.folder.name, ", ".join(run.models), *map(run.value, keys)] for run in comparison.runs]
    yield Table("Folders, models and every key that differs", ["run", "folder", "models", *keys], rows)
    groups = of_groups(comparison, list(EXPLAINED))
    note = (
        f"Percentile bootstrap of the mean, {RESAMPLES:,} resamples, always the same ones. With two or three seeds such"
        f" an interval is narrower than its {CONFIDENCE:.0%} promises; read it as a range, not as a test."
    )
    yield Table(groups.title, groups.headers, groups.rows, note)
    yield rejections(comparison)
    yield sent(comparison)
    yield overlap(comparison)
    yield Table("What the figures mean", ["figure", "meaning"], list(EXPLAINED.items()))


def rejections(comparison: Comparison) -> Table:
    """Return how many candidates each filter rejected, by run, and what share of all candidates that is."""
    names = sorted({name for run in comparison.runs for name in run.figures if name.startswith("rejected.")})
    rows = []
    for run in comparison.runs:
        total = run.figures.get("candidates") or 0
        counts = [run.figures.get(name) or 0 for name in names]
        cells = [f"{digits(count)} ({count / total:.1%})" if total else UNKNOWN for count in counts]
        rows.append([run.label, *cells, digits(run.figures.get("candidates"))])
    headers = ["run", *(name.removeprefix("rejected.") for name in names), "candidates"]
    return Table("Rejections by filter", headers, rows if names else [])


def sent(comparison: Comparison) -> Table:
    """Return each parameter of each stage as it was sent, run by run."""
    found = [sent_parameters(run.folder) if run.is_readable else {} for run in comparison.runs]
    stages = dict.fromkeys(stage for run in comparison.runs for stage in run.config.get("recipe", ()))
    order = {stage: place for place, stage in enumerate(stages)}
    known = sorted(dict.fromkeys(key for one in found for key in one), key=lambda key: order.get(key[0], -1))
    rows = [[f"{stage}: {name}", *(ranked(one.get((stage, name), {})) for one in found)] for stage, name in known]
    note = "The values in the stored requests, with the number of replies, the most frequent first."
    return Table("Parameters as sent", ["parameter", *(run.label for run in comparison.runs)], rows, note)


def ranked(values: Mapping[str, int]) -> str:
    """Return values with their counts, the most frequent first."""
    found = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return ", ".join(f"{value} ×{count:,}" for value, count in found[:4]) + more or UNKNOWN


def overlap(comparison: Comparison) -> Table:
    """Return the overlap of each pair of runs."""
    labels = [run.label for run in comparison.runs if any(run.label in pair for pair in comparison.overlaps)]
    rows = []
    for first in labels:
        found = [comparison.overlaps.get((first, second)) for second in labels]
        rows.append([first, *("" if one is None else f"{one.near:.1%} ({one.identical:.1%})" for one in found)])
    note = (
        f"What share of the row's instructions the column's run has too, with ROUGE-L above {THRESHOLD}, and in"
        f" brackets word for word. Of more than {MOST} runs the first are compared."
    )
    return Table("Overlap", ["run", *labels], rows, note)
