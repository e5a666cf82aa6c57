"""Texts of others in a figure or a table: on one line, inert, and no wider than there is room for."""

from unicodedata import east_asian_width

from selfinstruct.text.escaping import in_a_line


def short(text: str, width: int) -> str:
    """Return a text on one line, cut off with an ellipsis where it is wider than so many Latin letters."""
    text = in_a_line(" ".join(text.split()))
    taken = 0
    for place, sign in enumerate(text):
        taken += columns(sign)
        if taken > width:
            return f"{text[: max(0, place - 1)]}…"
    return text


def columns(text: str) -> int:
    """Return how many Latin letters a text is as wide as."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def plural(count: float, noun: str) -> str:
    """Return a count with its noun: `1 request`, `2,000 requests`."""
    return f"{count:,.0f} {noun}{'' if round(count) == 1 else 's'}"
