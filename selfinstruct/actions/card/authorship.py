"""Who wrote a dataset, in words: what every card says first, and how names are written in Markdown."""

import re
from collections import Counter

from selfinstruct.task import HUMAN, OFFLINE, SCRIPTED, UNKNOWN
from selfinstruct.text.escaping import markdown

NOTES = {
    OFFLINE: "**This text was written by `offline`, a small grammar that stands in for a model so that the program can"
    " be tried, tested and taught without one. It is not a language model's work. Do not train on it.**",
    SCRIPTED: "**This text was written by `scripted`: prepared replies, read from a file, that stand in for a model so"
    " that a recipe can be tried and tested. It is not a language model's work.**",
}
"""What a card says first of text by a stand-in for a model."""
WRITERS = {
    OFFLINE: "an offline grammar, which stands in for a language model",
    SCRIPTED: "a script of prepared replies, which stands in for a language model",
}
CONVERTED = "**No model wrote any of this: it is annotated data put into words, and the license of that data holds.**"


def seeds_of(writers: Counter[str]) -> str:
    """Return how many seeds there were and who wrote them; a person is named only where that is known."""
    if set(writers) <= {HUMAN}:
        return f"{writers[HUMAN]:,} human-written seed task{'' if writers[HUMAN] == 1 else 's'}"
    names = {HUMAN: "by people", UNKNOWN: "by an unknown author"}
    parts = (f"{count:,} {names.get(name) or f'by {literal(name)}'}" for name, count in writers.items())
    return f"{writers.total():,} seed tasks ({', '.join(parts)})"


def literal(name: str) -> str:
    """Return a name that Markdown shows as it is, on one line."""
    return markdown(" ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", name).split()))
