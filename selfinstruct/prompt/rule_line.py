"""Rule lines: rows of `---`, `***`, `___` or `===` with which models part what they write.

At the border of a text a rule belongs to the layout of the reply and is left out.  Inside a text it is a part of it: it
may separate two passages.  At the border, too, a row of signs is text where what stands next to it
shows that it was drawn on purpose: the underline of a heading (as long as the line above it), the border of a table, a
row of a picture made of the same sign, underscores to write on, the last of several rows in one text, or the frame of
YAML front matter.  What follows a label on the same line does not stand on a line of its own, so a caller keeps it by
`is_own_line`.
"""

from collections.abc import Sequence

from selfinstruct.text.pattern import lazy

RULE = lazy(r"[ \t]*(?:([-*_=—–─━])\1{2,200}|#{2,200}|([-*_])(?:[ \t]\2){2,100})[ \t]*$")
SHORTEST_UNDERLINE = 4
"""Three signs under a line are a rule, whatever its length."""
KEY = lazy(r"[a-z][\w-]{0,40}:(?:\s|$)")
FRONT_MATTER = 60
"""The most lines that are searched for the end of front matter."""


def is_rule(line: str) -> bool:
    """Return whether a line is a row of one sign and nothing else."""
    return RULE.match(line) is not None


def without_rules(text: str, *, is_own_line: bool = True) -> str:
    """Return a text without the rules and blank lines around it.

    `is_own_line` is false where the first line stands behind a label, so that it cannot be a rule.
    """
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and (not lines[start].strip() or (is_own_line and opens_with_rule(lines[start:end]))):
        start, is_own_line = start + 1, True
    first = start if is_own_line else start + 1
    while end > first and (not lines[end - 1].strip() or closes_with_rule(lines[start:end])):
        end -= 1
    return "\n".join(lines[start:end])


def opens_with_rule(lines: Sequence[str]) -> bool:
    """Return whether the first line is a rule, and not drawn with the one below it or the opening of front matter."""
    return is_rule(lines[0]) and not (is_drawn(lines[0], "".join(lines[1:2])) or front_matter(lines))


def closes_with_rule(lines: Sequence[str]) -> bool:
    """Return whether the last line is a rule, and not drawn with the one above it or the end of front matter."""
    above = "".join(lines[-2:-1])
    if not is_rule(lines[-1]) or is_drawn(lines[-1], above) or front_matter(lines) == len(lines):
        return False
    return not (above.strip() and any(map(is_rule, lines[:-1])))


def is_drawn(rule: str, neighbor: str) -> bool:
    """Return whether a row of signs belongs to the line next to it: an underline, a table, or a picture."""
    row, other = rule.strip(), neighbor.strip()
    is_underline = len(row) >= SHORTEST_UNDERLINE and len(row) == len(other)
    is_blank_to_fill = row[0] == "_"
    return bool(other) and (is_underline or is_blank_to_fill or "|" in other or set(other) <= {row[0], " "})


def front_matter(lines: Sequence[str]) -> int:
    """Return how many lines of front matter a text begins with: keys in small letters between two lines of `---`."""
    if lines[0].strip() != "---" or len(lines) < 3 or not KEY.match(lines[1]):
        return 0
    return next((number for number, line in enumerate(lines[2:FRONT_MATTER], 3) if line.strip() == "---"), 0)
