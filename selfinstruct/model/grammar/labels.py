"""Label sets: how an instruction names them, and how they are read out of one, known or not.

An instruction names its labels in a row, "red, green or blue", after a phrase of `ASK`.  Reading them out again serves
the grammar's own tasks and, as far as wording goes, the seed tasks of a user.
"""

import re
from random import Random

ASK = (
    "<Answer with|Choose|Reply|The label is|Possible answers:|Pick|Output either|Say|Respond with|Options:|Decide for"
    "|The answer is|It must be> {labels}."
)
YES = ("yes", "true", "correct", "1", "pass", "agree", "accept")
NO = ("no", "false", "wrong", "0", "fail", "disagree", "refuse")
SCALES = {
    "good": ("positive", "happy", "satisfied", "praise", "favourable", "pleased", "good"),
    "bad": ("negative", "unhappy", "dissatisfied", "complaint", "unfavourable", "annoyed", "bad"),
    "between": ("neutral", "undecided", "mixed"),
}
QUOTED = re.compile(r"[\"“‘']([^\"“”’']{1,30})[\"”’']")
ROW = re.compile(
    r"(?:answer|reply|labels?|classes|categor\w+|options?|outputs?|say|respond|choose|select|pick|among|between|either"
    r"|includes?|into|as|with|of|in|is|are|by|:)[:\s]+(?:the |one of )?"
    r"((?:[\w+#-]+(?: [\w-]+)?, )*[\w+#-]+(?: [\w-]+)?,? (?:or|and) [\w+#-]+(?: [\w-]+)?)(?=[\s.?;)]|$)",
    re.IGNORECASE,
)
CLOSED = re.compile(
    r"\bclassif|\bcategori[sz]|\bcategories\b|\blabels?\b|\bmultiple.choice\b|\bpos tag\b|\bsentiment\b|\bspam\b"
    r"|\byes or no\b|\btrue or false\b|\btrue, false\b|\bselect (?:a|one|the)\b"
    r"|\b(?:answer|reply|output|respond|say|mark|label)\b[^.]* or \w+"
    r"|\b(?:tell|detect|identify|decide|determine|verify|predict|check)(?: me)? (?:if|whether)\b"
    r"|: [\w -]+, [\w ,-]+ or [\w -]+[.?]"
    r"|\b(?:output|answer|respond|reply|return)s? (?:with )?[\"“'(]?(?:yes|no|true|false|0|1)\b"
    r"|\bis (?:it|this|the) [^.]{1,60} or (?:not|a|an)\b",
    re.IGNORECASE,
)
"""What classification tasks tend to say."""
FREE = re.compile(
    r"^(?:list|propose|draft|write|code|generate|create|come up|suggest|compose|implement|for each)\b"
    r"|explain|\b(?:otherwise|if (?:it is|there is|so|not)),? (?:correct|suggest)",
    re.IGNORECASE,
)
"""What tasks with a free answer say that would pass for classification otherwise."""


def parted(text: str) -> list[str]:
    """The labels in a row such as "a, b or c"."""
    return [label.strip() for label in re.split(r",| or | and ", text) if label.strip()]


def binary(rng: Random) -> list[str]:
    """A pair of labels for a question that is answered with yes or no."""
    place = rng.choice([0, 0, 1, 2, 3])
    return [YES[place], NO[place]]


def verdict(rng: Random) -> list[str]:
    """A pair of labels for a test that something stands or not."""
    place = rng.randrange(len(YES))
    return [YES[place], NO[place]]


def affirms(label: str) -> bool:
    """Whether the label is the affirmative of its pair."""
    return label.lower() in YES


def scale(rng: Random) -> list[str]:
    """Two or three labels for how somebody feels about a thing."""
    place = rng.randrange(len(SCALES["good"]))
    labels = [SCALES["good"][place], SCALES["bad"][place]]
    return labels if rng.random() < 0.4 else [*labels, rng.choice(SCALES["between"])]


def degree(label: str) -> str:
    """Whether a label of a scale means good, bad or something between."""
    return next((name for name, labels in SCALES.items() if label.lower() in labels), "between")


def named_labels(instruction: str) -> list[str]:
    """The labels that an instruction of unknown wording names; generic ones if it seems to name none."""
    quoted = list(dict.fromkeys(QUOTED.findall(instruction)))
    if len(quoted) >= 2:
        return quoted
    rows = [parted(row) for row in ROW.findall(instruction)]
    if rows:
        return max(rows, key=len)
    if re.search(r"\b(?:true|false)\b", instruction, re.IGNORECASE):
        return ["true", "false"]
    if re.match(
        r"(?:tell|detect|identify|decide|determine|verify|predict|is|are|does|do|can|check)\b",
        instruction,
        re.IGNORECASE,
    ):
        return ["yes", "no"]
    return ["first label", "second label"]


def sounds_closed(instruction: str) -> bool:
    """Whether an instruction of unknown wording seems to ask for one of a few fixed labels."""
    return CLOSED.search(instruction) is not None and FREE.search(instruction) is None
