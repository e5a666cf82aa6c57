"""Rule lines: rows of `---`, `***`, `___` or `===` with which models part what they write.

At the border of a text a rule belongs to the layout of the reply and is left out; inside a text it is a part of it.  At
the border, too, a row of signs is text where the line next to it shows that it was drawn on purpose: the underline of a
heading (as long as the line above it), the border of a table, a row of a picture, underscores to write on, or the
opening of YAML front matter.
"""

from selfinstruct.text.pattern import lazy

RULE = lazy(r"[ \t]*(?:([-*_=—–─━])\1{2,200}|#{2,200}|([-*_])(?:[ \t]\2){2,100})[ \t]*$")
KEY = lazy(r"[a-z][\w-]{0,40}:(?:\s|$)")  # a line of front matter
SHORTEST_UNDERLINE = 4  # three signs under a line are a rule, whatever its length


def is_rule(line: str) -> bool:
    """Return whether a line is a row of one sign and nothing else."""
    return RULE.match(line) is not None


def without_rules(text: str, *, is_own_line: bool = True) -> str:
    """Return a text without the rules and blank lines around it; behind a label the first line is not its own."""
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and (not lines[start].strip() or (is_own_line and is_border(lines[start], lines[start + 1 :]))):
        start, is_own_line = start + 1, True
    first = start if is_own_line else start + 1
    while end > first and (not lines[end - 1].strip() or is_border(lines[end - 1], lines[start : end - 1][::-1])):
        end -= 1
    return "\n".join(lines[start:end])


def is_border(line: str, others: list[str]) -> bool:
    """Return whether a line is a rule, and not drawn together with the first of the others."""
    row, other = line.strip(), "".join(others[:1]).strip()
    if not other or not is_rule(line):
        return is_rule(line)
    is_joined = SHORTEST_UNDERLINE <= len(row) == len(other) or (row == "---" and KEY.match(other))
    return not (is_joined or row[0] == "_" or "|" in other or set(other) <= {row[0], " "})
