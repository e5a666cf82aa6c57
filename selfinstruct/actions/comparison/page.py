"""The comparison as one HTML file, which opens from disk without a network.

It has no script, and its policy forbids any, so that text of a model stays text even if an escape were forgotten.
Light and dark themes follow the settings of the browser.
"""

from collections.abc import Iterable, Mapping, Sequence

from selfinstruct.actions.comparison import plots
from selfinstruct.actions.comparison.comparing import Comparison, series, stages
from selfinstruct.actions.comparison.figures import EXPLAINED, samples
from selfinstruct.actions.comparison.grouping import CONFIDENCE, RESAMPLES
from selfinstruct.actions.comparison.overlap import MOST, THRESHOLD
from selfinstruct.actions.comparison.style import STYLE
from selfinstruct.actions.comparison.tables import UNKNOWN, Table, digits, of_groups, of_runs, ordered
from selfinstruct.text.escaping import html as escape

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SHOWN = 5
"""The number of instructions of each run that the page shows."""
PLOTTED = (
    "kept_per_request",
    "tokens_per_task",
    "usd_per_task",
    "seconds",
    "classification_share",
    "diversity.distinct_2",
    "diversity.nearest",
    "diversity.nearest_seed",
    "diversity.self_similarity",
    "diversity.verb_noun_entropy",
)
LONGEST = 400
"""Characters of a text that are shown."""


def page(comparison: Comparison) -> str:
    """Return the page."""
    title = f"Comparison of {len(comparison.runs)} runs"
    sections = [
        section("Before you compare", items(comparison.warnings) if comparison.warnings else "<p>Nothing to note.</p>"),
        section("Runs", html(of_runs(comparison, EXPLAINED)) + folders(comparison)),
        section(of_groups(comparison).title, seeds(comparison)) if comparison.groups else "",
        section("Kept share by round", shares(comparison)),
        section("Rejections by filter", rejections(comparison)),
        section("Figures", measures(comparison)),
        section("Requested and sent", sent(comparison)),
        section("Overlap", overlap(comparison)),
        section("Some of the instructions made", texts(comparison)),
        section("What the figures mean", meanings() + details("Every figure", html(all_figures(comparison)))),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme"'
        f' content="light dark">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n'
        f"<h1>{title}</h1>\n" + "\n".join(filter(None, sections)) + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, body: str) -> str:
    """Return a section under its heading; nothing for an empty body."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>" if body else ""


def details(title: str, body: str) -> str:
    """Return a collapsed section."""
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def items(texts_: Iterable[str]) -> str:
    """Return a list of texts."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts_)}</ul>"


def html(table: Table) -> str:
    """Return a table that scrolls sideways where it is wide."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.headers)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(map(cell_of, row[1:]))}</tr>' for row in table.rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def cell_of(text: str) -> str:
    """Return a cell; a short text is not wrapped."""
    return f'<td class="short">{escape(text)}</td>' if len(text) <= 32 else f"<td>{escape(text)}</td>"


def folders(comparison: Comparison) -> str:
    """Return which folder each run is, who wrote it, and all keys that differ."""
    rows = [
        [label, run.name, ", ".join(run.models) or UNKNOWN, *(comparison.value(key, place) for key in comparison.keys)]
        for place, (label, run) in enumerate(zip(comparison.labels, comparison.runs, strict=True))
    ]
    return details("Folders, models and every key that differs",
                   html(Table("", ["run", "folder", "models", *comparison.keys], rows)))  # fmt: skip


def seeds(comparison: Comparison) -> str:
    """Return the table of groups, and how their intervals were computed."""
    return (
        f"<p>Percentile bootstrap of the mean, {RESAMPLES:,} resamples, always the same ones. With two or three seeds"
        f" such an interval is narrower than its {CONFIDENCE:.0%} promises; read it as a range, not as a test.</p>"
        + html(of_groups(comparison, EXPLAINED))
    )


def shares(comparison: Comparison) -> str:
    """Return a plot for each stage with several rounds; those of stages that add no tasks are collapsed."""
    body = ""
    for stage in stages(comparison):
        if found := series(comparison, stage):
            plot = plots.lines(found, f"Kept share by round, {stage}")
            grows = any(run.pool.of(stage) for run in comparison.runs)
            body += f"<h3>{escape(stage)}</h3>{plot}" if grows else details(stage, plot)
    return body


def rejections(comparison: Comparison) -> str:
    """Return what share of all candidates each filter rejected, by run."""
    rows = []
    counts = []
    names = sorted({name for row in comparison.figures for name in row if name.startswith("rejected.")})
    for label, row in zip(comparison.labels, comparison.figures, strict=True):
        total = row.get("candidates") or 0
        rows.append((label, {name[9:]: (row.get(name) or 0) / total for name in names} if total else {}))
        counts.append(
            [label, *(digits(row.get(name, 0) if row else None) for name in names), digits(row.get("candidates"))]
        )
    headers = ["run", *(name[9:] for name in names), "candidates"]
    return plots.bars(rows, "Rejections by filter") + html(Table("", headers, counts)) if names else ""


def measures(comparison: Comparison) -> str:
    """Return a plot for each figure, with a row for each group, and for each run without a group."""
    body = ""
    for name in PLOTTED:
        rows: list[plots.Interval] = []
        grouped = {place for group in comparison.groups for place in group.places}
        for group in comparison.groups:
            found = group.figures.get(name)
            bounds = (None, None, None) if found is None else (found.mean, found.low, found.high)
            rows.append((comparison.group_label(group), *bounds))
        for place, row in enumerate(comparison.figures):
            if row and place not in grouped:
                rows.append((comparison.labels[place], row.get(name), None, None))
        body += f"<figure><figcaption><b>{escape(name)}</b> {escape(EXPLAINED[name])}</figcaption>"
        body += plots.intervals(rows, name) + "</figure>"
    for name in ("instruction_words", "output_words"):
        lengths: list[plots.Interval] = [
            (comparison.labels[place], row.get(name), row.get(f"{name}.p10"), row.get(f"{name}.p90"))
            for place, row in enumerate(comparison.figures)
            if row
        ]
        body += f"<figure><figcaption><b>{name}</b> mean, and where eight of ten lie</figcaption>"
        body += plots.intervals(lengths, name) + "</figure>"
    return f'<div class="figures">{body}</div>' + items(comparison.group_legend(group) for group in comparison.groups)


def sent(comparison: Comparison) -> str:
    """Return each parameter of each stage, as requested and as sent, run by run."""
    known = dict.fromkeys(key for parameters in comparison.parameters for key in parameters)
    names = sorted(known, key=lambda key: stages(comparison).index(key[0]) if key[0] in stages(comparison) else -1)
    rows = []
    for stage, name in names:
        row = [f"{stage}: {name}"]
        for parameters in comparison.parameters:
            found = parameters.get((stage, name))
            row += (
                [UNKNOWN, UNKNOWN]
                if found is None
                else [" or ".join(found.requested) or UNKNOWN, ("≠ " if found.differs else "") + ranked(found.sent)]
            )
        rows.append(row)
    headers = ["parameter", *(f"{label} {kind}" for label in comparison.labels for kind in ("requested", "sent"))]
    note = (
        "<p>Requested is what the config says, sent is what the stored requests say, with the number of replies;"
        " ≠ marks what differs.</p>"
    )
    return note + html(Table("", headers, rows)) if rows else ""


def ranked(values: Mapping[str, int]) -> str:
    """Return values with their counts, the most frequent first."""
    found = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return ", ".join(f"{value} ×{count:,}" for value, count in found[:4]) + more or UNKNOWN


def overlap(comparison: Comparison) -> str:
    """Return the overlap of each pair of runs, darker for more."""
    if not comparison.overlaps:
        return ""
    places = sorted({first for first, _ in comparison.overlaps})
    head = "".join(f'<th scope="col">{escape(comparison.labels[place])}</th>' for place in places)
    rows = ""
    for first in places:
        cells = ""
        for second in places:
            found = comparison.overlaps.get((first, second))
            cells += "<td></td>" if found is None else (
                f'<td style="--share:{found.near:.3f}" class="heat">{found.near:.1%}<br><small>{found.identical:.1%}'
                "</small></td>"
            )  # fmt: skip
        rows += f'<tr><th scope="row">{escape(comparison.labels[first])}</th>{cells}</tr>'
    return (
        f"<p>What share of the row's instructions the column's run has too, with ROUGE-L above {THRESHOLD}, and below"
        f" it, smaller, what share it has word for word. Of more than {MOST} runs the first are compared.</p>"
        f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def texts(comparison: Comparison) -> str:
    """Return some instructions of each run, as they are."""
    return "".join(
        details(comparison.legend(place), items(text[:LONGEST] for text in samples(run, SHOWN)))
        for place, run in enumerate(comparison.runs)
        if len(run.pool)
    )


def meanings() -> str:
    """Return what each figure means."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in EXPLAINED.items())}</dl>"


def all_figures(comparison: Comparison) -> Table:
    """Return a table of every figure with all its digits, with a column for each run."""
    known: Sequence[str] = ordered(name for row in comparison.figures for name in row)
    rows = [[name, *(str(UNKNOWN if (value := row.get(name)) is None else value) for row in comparison.figures)]
            for name in known]  # fmt: skip
    return Table("", ["figure", *comparison.labels], rows)
