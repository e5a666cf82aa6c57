"""The result of a sheet as tables: for people in Markdown and on a page, for papers in LaTeX, for programs in CSV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selfinstruct.text.escaping import csv_text, latex, latex_table, markdown, markdown_table

MOST = 50
"""Disagreements that people are shown; `result.json` has all of them."""
AGREED = {
    "percent": "same grade",
    "kappa": "Cohen's κ",
    "kappa_classes": "κ of two classes",
    "kappa_weighted": "κ, linear weights",
    "spearman": "Spearman's ρ",
}
GREEK = {"κ": r"\kappa", "ρ": r"\rho", "α": r"\alpha"}
CHOSEN = ("win_rate", "win", "tie", "both_bad", "loss", "left_chosen", "longer_chosen")

Figure = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table for people; its cells are not escaped."""

    title: str
    note: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(result: Mapping[str, Any]) -> list[Table]:
    """Return the tables of a result that have rows."""
    found = [preferred(result), scored(result), ranked(result), apart(result), agreed(result), people(result)]
    return [table for table in [*found, disagreed(result)] if table.rows]


def percent(figure: Figure) -> str:
    """Return a share in percent, with its interval."""
    if figure["value"] is None:
        return "unknown"
    text = f"{100 * figure['value']:.1f}"
    return text if figure["low"] is None else f"{text} ({100 * figure['low']:.0f} to {100 * figure['high']:.0f})"


def number(figure: Figure) -> str:
    """Return a figure with two digits and its interval, or why there is none."""
    if figure["value"] is None:
        return f"none: {figure['reason']}" if figure.get("reason") else "unknown"
    text = f"{figure['value']:.2f}"
    return text if figure["low"] is None else f"{text} ({figure['low']:.2f} to {figure['high']:.2f})"


def spaced(name: str) -> str:
    """Return a name as people read it."""
    return name.replace("_", " ")


def scored(result: Mapping[str, Any]) -> Table:
    """Return the shares: a row for each system and rater, a column for each share."""
    rows = result["shares"]
    asked = list(dict.fromkeys((row["question"], row["share"]) for row in rows))
    is_one = len({question for question, _ in asked}) == 1
    heads = [spaced(share) if is_one else f"{spaced(question)}: {spaced(share)}" for question, share in asked]
    known = {(row["system"], row["rater"], row["question"], row["share"]): row for row in rows}
    length = {row["system"]: f"{row['words']:.1f}" for row in result["systems"]}
    body = []
    for system, rater in dict.fromkeys((row["system"], row["rater"]) for row in rows):
        found = [known.get((system, rater, *pair)) for pair in asked]
        cells = ["" if row is None else percent(row) for row in found]
        count = next(row["n"] for row in found if row is not None)
        body.append([system, rater, str(count), *cells, length[system]])
    note = "Shares in percent, with intervals of 95 %; words are the mean of the answers."
    return Table(title="Grades", note=note, headers=["system", "rater", "n", *heads, "words"], rows=body)


def preferred(result: Mapping[str, Any]) -> Table:
    """Return the preferences: a row for each rater."""
    rows = result["preferences"]
    names = [name for name in CHOSEN if any(name in row for row in rows)]
    body = [[row["rater"], str(row["n"]), *(percent(row[name]) for name in names)] for row in rows]
    length = " and ".join(f"{row['words']:.1f} words ({row['system']})" for row in result["systems"])
    first = rows[0]["systems"][0] if rows else ""
    note = (
        f"Shares in percent, with intervals of 95 %; wins are those of {first}, and a tie is half a win in the win"
        " rate. 'Left chosen' and 'longer chosen' are shares of the decided pairs, of which 50 is fair."
        f" Answers have {length} on average."
    )
    return Table(title="Preferences", note=note, headers=["rater", "n", *map(spaced, names)], rows=body)


def ranked(result: Mapping[str, Any]) -> Table:
    """Return the mean ranks."""
    rows = [[row["system"], row["rater"], str(row["n"]), number(row)] for row in result["ranks"]]
    note = "1 is best; systems with the same grade share their ranks. Tasks count that have a grade for every system."
    return Table(title="Ranks", note=note, headers=["system", "rater", "tasks", "mean rank"], rows=rows)


def apart(result: Mapping[str, Any]) -> Table:
    """Return the differences between systems."""
    rows = [[*row["systems"], spaced(row["share"]), str(row["n"]), percent(row)] for row in result["differences"]]
    note = "The first minus the second, in points of percent, by the mean over people; tasks are resampled in pairs."
    return Table(title="Differences", note=note, headers=["first", "second", "share", "tasks", "difference"], rows=rows)


def agreed(result: Mapping[str, Any]) -> Table:
    """Return how far raters agree."""
    rows = result["agreement"]
    names = [name for name in AGREED if any(name in row for row in rows)]
    body = [
        [
            " and ".join(row["raters"]),
            spaced(row["question"]),
            str(row["n"]),
            *(percent(row[name]) if name == "percent" else number(row[name]) for name in names if name in row),
        ]
        for row in rows
    ]
    alphas = [
        f"Krippendorff's α of all ({spaced(row['question'])}): {number(row['alpha'])}." for row in result["alpha"]
    ]
    note = " ".join(["Intervals of 95 %, by resampled tasks.", *alphas])
    heads = [AGREED[name] for name in names]
    return Table(title="Agreement", note=note, headers=["raters", "question", "n", *heads], rows=body)


def people(result: Mapping[str, Any]) -> Table:
    """Return how far each rater has come."""
    rows = [
        [
            row["rater"],
            str(row["rated"]),
            str(row.get("skipped", "")),
            "" if row.get("median_seconds") is None else f"{row['median_seconds']:.1f}",
            "" if row.get("opened_references") is None else f"{100 * row['opened_references']:.0f}",
        ]
        for row in result["raters"]
    ]
    heads = ["rater", "rated", "skipped", "seconds an item (median)", "references opened, %"]
    return Table(title="Raters", note=f"Of {result['items']} items.", headers=heads, rows=rows)


def disagreed(result: Mapping[str, Any]) -> Table:
    """Return the widest disagreements."""
    body = [
        [
            row["task"],
            " / ".join(row["systems"]),
            row["instruction"],
            "; ".join(
                f"{name}: {', '.join(spaced(grade) for grade in said.values())}" for name, said in row["said"].items()
            ),
            "; ".join(f"{name}: {note}" for name, note in row["notes"].items()),
        ]
        for row in result["disagreements"][:MOST]
    ]
    total = len(result["disagreements"])
    note = f"{min(total, MOST)} of {total}, the widest apart first. Of a pair, 'left' is the first system."
    headers = ["task", "system", "instruction", "grades", "notes"]
    return Table(title="Disagreements", note=note, headers=headers, rows=body)


def as_markdown(result: Mapping[str, Any]) -> str:
    """Return the result for people."""
    found = [f"# {markdown(result['title'])}\n", *(f"\n**{markdown(text)}**\n" for text in result["cautions"])]
    for table in tables(result):
        cells = [[markdown(cell) for cell in row] for row in (table.headers, *table.rows)]
        found.append(f"\n## {table.title}\n\n{markdown_table(cells)}\n{markdown(table.note)}\n")
    return "".join(found)


def as_latex(result: Mapping[str, Any]) -> str:
    """Return the result for a paper, without single items and raters' progress."""
    found = [table for table in tables(result) if table.title not in ("Disagreements", "Raters")]
    return "\n".join(
        f"% {in_paper(table.title)}: {in_paper(table.note)}\n"
        f"{latex_table([[in_paper(cell) for cell in row] for row in (table.headers, *table.rows)])}"
        for table in found
    )


def in_paper(text: str) -> str:
    """Return a text as LaTeX prints it, also the Greek letters of our measures."""
    return latex(text).translate({ord(letter): f"${command}$" for letter, command in GREEK.items()})


def as_csv(result: Mapping[str, Any]) -> str:
    """Return every figure on a line of its own."""
    return csv_text(
        [["table", "of", "question", "rater", "figure", "n", "value", "low", "high", "reason"], *lines(result)]
    )


def lines(result: Mapping[str, Any]) -> Iterator[list[object]]:
    """Yield the figures of a result."""

    def ends(figure: Figure) -> list[object]:
        return [figure["value"], figure["low"], figure["high"], figure.get("reason")]

    for row in result["shares"]:
        yield ["shares", row["system"], row["question"], row["rater"], row["share"], row["n"], *ends(row)]
    for row in result["ranks"]:
        yield ["ranks", row["system"], "", row["rater"], "mean_rank", row["n"], *ends(row)]
    for row in result["differences"]:
        yield ["differences", " - ".join(row["systems"]), row["question"], "", row["share"], row["n"], *ends(row)]
    for row in result["preferences"]:
        of = " / ".join(row["systems"])
        yield from (
            ["preferences", of, "", row["rater"], name, row["n"], *ends(row[name])] for name in CHOSEN if name in row
        )
    for row in result["agreement"]:
        of = " / ".join(row["raters"])
        yield from (
            ["agreement", of, row["question"], "", name, row["n"], *ends(row[name])] for name in AGREED if name in row
        )
    for row in result["alpha"]:
        yield ["agreement", " / ".join(row["raters"]), row["question"], "", "alpha", "", *ends(row["alpha"])]
    for row in result["systems"]:
        yield ["words", row["system"], "", "", "mean_words", "", row["words"], None, None, None]
