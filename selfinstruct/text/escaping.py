r"""Texts of others in CSV, Markdown and LaTeX: each is shown as it is, and is nothing else.

A name, a value of a config or an instruction may have been written by a stranger or a model.  It must not become a
formula in a spreadsheet, a link, an image or markup on a website, or a command in a paper.  Websites make links also of
a bare address, so that its colon, or the dot after `www`, gets a backslash, too.  Whatever a terminal might obey is
escaped first, as everywhere (`selfinstruct.text.terminal`).
"""

import csv
import io
import re
from collections.abc import Iterable

from selfinstruct.text.terminal import printable

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""How a text begins that is a formula, also in the wide signs that some spreadsheets take for the same."""
ADDRESS = r"(?<=\bwww)\.|(?<=\w):(?=//)|(?<=\bmailto):|(?<=\bxmpp):"
MARKUP = re.compile(rf"[\\`*_{{}}\[\]<>|#~&$@]|{ADDRESS}", re.IGNORECASE)
LIVE = re.compile(rf"[\\\[<]|{ADDRESS}", re.IGNORECASE)
"""What makes of a text a tag, a link or an image."""
LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\u2013": "--",
}


def in_a_line(text: str) -> str:
    """Return a text on one line, without anything that moves the cursor."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV, what is not known as an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in rows:
        writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue()


def as_text(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, without what a terminal obeys."""
    return f"'{printable(cell)}" if FORMULA.match(cell) else printable(cell)


def markdown(text: str) -> str:
    """Return a text, on one line, that Markdown shows as it is."""
    return MARKUP.sub(r"\\\g<0>", in_a_line(text))


def inert(text: str) -> str:
    """Return Markdown of ours in which no text of others is a tag, a link or an image."""
    return LIVE.sub(r"\\\g<0>", text)


def latex(text: str) -> str:
    """Return a text, on one line, that LaTeX prints as it is."""
    return "".join(LATEX.get(sign, sign) for sign in in_a_line(text))


def markdown_table(rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown of rows whose cells are escaped, the first of which is its head."""
    head, *rest = (list(row) for row in rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rest))


def latex_table(rows: Iterable[Iterable[str]]) -> str:
    """Return a table in LaTeX, without any package, of rows whose cells are escaped, the first of which is its head."""
    head, *rest = (list(row) for row in rows)
    lines = [" & ".join(row) + r" \\" for row in (head, *rest)]
    body = "\n".join([r"\hline", lines[0], r"\hline", *lines[1:], r"\hline"])
    return f"\\begin{{tabular}}{{{'l' * len(head)}}}\n{body}\n\\end{{tabular}}\n"
