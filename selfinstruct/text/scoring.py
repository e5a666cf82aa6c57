"""Scoring: how right an answer is, against the outputs that are accepted for its input.

Instruction Induction (Honovich et al., 2022, section 3.1) scores a family of tasks by one of four metrics, on texts in
a normal form; an answer is as right as the accepted output to which it comes nearest.  Two normal forms are here:

- `paper` is that of the published evaluation, with its defects: a text ends at its first full stop, so that 1.5 is 1
  and U.S.A. is u, and a minus becomes a space, so that -5 is never right.  It is for comparisons with published ones.
- `strict` keeps decimals, negative numbers and abbreviations, takes runs of space as one, and accents however they are
  encoded; an answer of which nothing is left is wrong, and so is one that echoes an input which it may not echo.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal, get_args

MetricName = Literal["exact_match", "exact_set", "contains", "token_f1"]
"""Equal; the same words in any order; the accepted output as a word within the answer; F1 of the words."""
METRICS: tuple[MetricName, ...] = get_args(MetricName)
Scoring = Literal["paper", "strict"]

LABEL = re.compile(r"Sentence [12]:")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
AND = re.compile(r"(?<!\s)\s+and\s+", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=\w\w)(?<!\b(?:mr|ms|dr|st|vs))(?<!\b(?:mrs|etc))[.!?](?=\s+\S)", re.IGNORECASE)
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
HYPHEN = re.compile(r"(?<=[\w.])-|-(?!\d)")
"""A hyphen that is not a minus."""
NO_TEXT = re.compile(r"(?!(?<=\d)\.(?=\d))[^\w\s-]|_")


def score(answer: str, accepted: Iterable[str], metric: MetricName, scoring: Scoring, echo: str | None = None) -> float:
    """How right an answer is, from 0 to 1; `echo` is an input that strict scoring does not accept as its own answer."""
    normal = NORMAL[scoring]
    said = normal(answer)
    if scoring == "strict" and (not said or (echo is not None and said == normal(echo))):
        return 0.0
    return max((METRIC[metric](said, normal(text)) for text in accepted), default=0.0)


@lru_cache(maxsize=65536)  # the accepted outputs of an input are compared with every answer to it
def paper(text: str) -> str:
    """Return the normal form of the published evaluation."""
    text = text.replace(" and ", " ").replace("Sentence 1:", "").replace("Sentence 2:", "").strip()
    text = text.partition("\n")[0].partition(".")[0].lower()
    return text.replace("-", " ").translate(NO_PUNCTUATION)


@lru_cache(maxsize=65536)
def strict(text: str) -> str:
    """Return the normal form that keeps numbers and abbreviations as they are."""
    text = LABEL.sub("", unicodedata.normalize("NFC", text)).strip()
    text = SENTENCE_END.split(text.partition("\n")[0], maxsplit=1)[0]
    text = HYPHEN.sub(" ", AND.sub(" ", text).translate(DASHES).lower())
    return " ".join(NO_TEXT.sub("", text).split())


NORMAL: dict[Scoring, Callable[[str], str]] = {"paper": paper, "strict": strict}


def exact_match(said: str, accepted: str) -> float:
    """1 where both are equal."""
    return float(said == accepted)


def exact_set(said: str, accepted: str) -> float:
    """1 where both have the same words."""
    return float(set(said.split()) == set(accepted.split()))


def contains(said: str, accepted: str) -> float:
    """1 where the accepted output stands in the answer as a word or words of its own."""
    return float(re.search(rf"\b{re.escape(accepted)}\b", said) is not None)


def token_f1(said: str, accepted: str) -> float:
    """Return the harmonic mean of the shares of words that both have in common."""
    one, other = Counter(said.split()), Counter(accepted.split())
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


METRIC: dict[MetricName, Callable[[str, str], float]] = {
    "exact_match": exact_match,
    "exact_set": exact_set,
    "contains": contains,
    "token_f1": token_f1,
}
