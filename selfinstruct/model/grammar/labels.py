"""The labels of a classification task, read out of an instruction of somebody else, such as a seed task."""

import re

from selfinstruct.text.pattern import lazy

QUOTED = lazy(r"[\"“‘']([^\"“”’']{1,30})[\"”’']")
ROW = lazy(
    r"(?:answer|reply|labels?|classes|categor\w+|options?|outputs?|say|respond|choose|select|pick|among|between|either"
    r"|includes?|into|as|with|of|in|is|are|by|:)[:\s]+(?:the |one of )?"
    r"((?:[\w+#-]+(?: [\w-]+)?, )*[\w+#-]+(?: [\w-]+)?,? (?:or|and) [\w+#-]+(?: [\w-]+)?)(?=[\s.?;)]|$)",
    re.IGNORECASE,
)
CHECK = r"(?:tell|detect|identify|decide|determine|verify|predict|check)"
CLOSED = lazy(
    r"\bclassif|\bcategori[sz]|\bcategories\b|\blabels?\b|\bmultiple.choice\b|\bpos tag\b|\bsentiment\b|\bspam\b"
    r"|\byes or no\b|\btrue or false\b|\btrue, false\b|\bselect (?:a|one|the)\b"
    r"|\b(?:answer|reply|output|respond|say|mark|label)\b[^.]* or \w+"
    rf"|\b{CHECK}(?: me)? (?:if|whether)\b"
    r"|: [\w -]+, [\w ,-]+ or [\w -]+[.?]"
    r"|\b(?:output|answer|respond|reply|return)s? (?:with )?[\"“'(]?(?:yes|no|true|false|0|1)\b"
    r"|\bis (?:it|this|the) [^.]{1,60} or (?:not|a|an)\b",
    re.IGNORECASE,
)
"""What classification tasks tend to say."""
FREE = lazy(
    r"^(?:list|propose|draft|write|code|generate|create|come up|suggest|compose|implement|for each)\b"
    r"|explain|\b(?:otherwise|if (?:it is|there is|so|not)),? (?:correct|suggest)",
    re.IGNORECASE,
)
"""What tasks with a free answer say that would pass for classification otherwise."""


def named_labels(instruction: str) -> list[str]:
    """Return the labels that an instruction names; generic ones if it seems to name none."""
    quoted = list(dict.fromkeys(QUOTED.findall(instruction)))
    if len(quoted) >= 2:
        return quoted
    rows = [
        [label.strip() for label in re.split(r",| or | and ", row) if label.strip()] for row in ROW.findall(instruction)
    ]
    if rows:
        return max(rows, key=len)
    if re.search(r"\b(?:true|false)\b", instruction, re.IGNORECASE):
        return ["true", "false"]
    if re.match(rf"(?:{CHECK}|is|are|does|do|can)\b", instruction, re.IGNORECASE):
        return ["yes", "no"]
    return ["first label", "second label"]


def sounds_closed(instruction: str) -> bool:
    """Return whether an instruction seems to ask for one of a few fixed labels."""
    return CLOSED.search(instruction) is not None and FREE.search(instruction) is None
