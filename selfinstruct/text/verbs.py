"""Verbs: what an instruction asks to be done, and to what: its root verb and the noun it governs, by a rule of thumb.

Self-Instruct (section 3.2, figure 3) reads both off a parse tree.  A parser is a model of a hundred megabytes, so this
is a heuristic of ours instead, for English, and named so wherever its figures are shown: an order begins with its verb,
after politeness ("please", "can you") and a clause that sets the scene ("Given a list of numbers, find …"); and a noun
phrase, which goes up to the next preposition, conjunction or mark, ends with its noun.

An instruction for which the rule fails has no pair; the share that has one is reported with the figures.
"""

import re
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]

POLITE = re.compile(
    r"(please|kindly|now|then|first|next"
    r"|(can|could|would|will) you( please)?|(i|we) (want|need|would like|'d like) you to"
    r"|you (are asked|are to|must|should|need to|have to)|your (task|job|goal) is to|help (me|us)( to)?)[ ,:]+"
)
SCENE = re.compile(
    r"(given|if|in|for|from|using|based|imagine|suppose|assume|assuming|consider|considering|when|with|after|before"
    r"|as|to|on|at|while|without|by|during|once)\b[^,.:;?!]*,\s*"
)
QUESTIONS = "what which who whom whose where when why how whether"
FORMS = "is are am was were be do does did has have had can could will would shall should may might must"
PERSONS = "i you he she it we they me us him them my your his her its our their"
ARTICLES = "a an the this that these those some any each every all both no"
LINKS = (
    "of in on at for from with without to by as and or but so if because while during than then using about into onto"
    " over under between among against through across after before per via based given such like including within"
    " containing until unless once"
)
NO_VERB = frozenset(f"{QUESTIONS} {FORMS} {PERSONS} {ARTICLES} {LINKS} there here not yes".split())
END = frozenset(f"{QUESTIONS} {FORMS} {LINKS}".split())
LEFT_OUT = frozenset(f"{PERSONS} {ARTICLES}".split())
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|\S")


def verb_and_noun(instruction: str) -> Pair | None:
    """Return the verb that an instruction begins with and its noun, in lower case; None where the rule finds none."""
    text = instruction.strip().lower()
    for pattern in (POLITE, SCENE, POLITE):
        found = pattern.match(text)
        text = text[found.end() :] if found else text
    words = WORD.findall(text[:300])
    if len(words) < 2 or not is_word(words[0]) or words[0] in NO_VERB:
        return None
    noun = head(words[1:])
    return None if noun is None else (words[0], noun)


def head(words: list[str]) -> str | None:
    """Return the last word of the noun phrase that these words begin with."""
    phrase: list[str] = []
    for word in words:
        if word in LEFT_OUT and not phrase:
            continue
        if word in END or not is_word(word):
            break
        phrase.append(word)
    return phrase[-1] if phrase else None


def is_word(text: str) -> bool:
    """Return whether it is a word in Latin letters, which is all the rule can read."""
    return text[0].isascii() and text[0].isalpha()
