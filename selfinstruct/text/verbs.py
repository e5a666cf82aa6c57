"""Verbs: what an instruction asks to be done, and to what: its root verb and the noun it governs, by a rule of thumb.

Self-Instruct (section 3.2, figure 3) reads both off a parse tree.  A parser is a model of a hundred megabytes, so this
is a heuristic of ours instead, for English, and named so wherever its figures are shown: an order begins with its verb,
after politeness ("please", "can you") and a clause that sets the scene ("Given a list of numbers, find …"); and a noun
phrase, which goes up to the next preposition, conjunction, participle or mark, ends with its noun.  The noun is given
in the singular, as a parser's lemma is.

An instruction for which the rule fails has no pair; the share that has one is reported with the figures.  Of 2,000
instructions of Alpaca 82 % have one, of Dolly, half of which are questions, 20 %.  Where spaCy's small English model
finds one as well, the verb is the same in 99 % and 96 %, and the noun in 97 % and 94 %; most others quote a sentence,
whose verb the parser takes.
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
ARTICLES = "a an the this these those some any each every all both no"
LINKS = (
    "of in on at for from with without to by as and or but so if because while during than then using about into onto"
    " over under between among against through across after before per via based like including within"
    " containing until unless once around behind besides"
)
BETWEEN = "that given below above up out down off"
"""Words that a noun phrase may begin after, and that end it where it has begun."""
CLAUSES = (
    "named called titled entitled regarding concerning describing explaining involving featuring introducing showing"
    " comparing expressing discussing outlining"
)
"""Participles that begin a clause about the noun before them."""
PARTICIPLES = "written shown spoken taken seen found made known according starting consisting focusing talking arguing"
"""Participles that do so unless a noun follows, as those in -ed do."""
ADJECTIVES = (
    "short long simple clear brief concise quick easy new old good bad true common similar different unique fun"
)
IN_IE = "movies cookies calories zombies brownies selfies smoothies hoodies rookies ties pies lies"
NO_PLURAL = "series species news lens gas mathematics physics economics politics ethics"
NO_VERB = frozenset(f"{QUESTIONS} {FORMS} {PERSONS} {ARTICLES} {LINKS} {BETWEEN} there here not yes".split())
END = frozenset(f"{QUESTIONS} {FORMS} {LINKS}".split())
LEFT_OUT = frozenset(f"{PERSONS} {ARTICLES} {BETWEEN}".split())
AFTER_NOUN = frozenset(f"{BETWEEN} {CLAUSES} {PERSONS}".split())
PARTICIPLE = re.compile(rf"\w+[^e]ed|{PARTICIPLES.replace(' ', '|')}")
ADJECTIVE = re.compile(rf"\w+(ive|ous|ful|al|ic|ble|ent|ant|less|ing|ed|ary)|{ADJECTIVES.replace(' ', '|')}")
READ = 120
"""Characters that are read from the verb on."""
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|\S")


def verb_and_noun(instruction: str) -> Pair | None:
    """Return the verb that an instruction begins with and its noun, in lower case; None where the rule finds none."""
    text = instruction.strip().lower()
    for pattern in (POLITE, SCENE, POLITE):
        found = pattern.match(text)
        text = text[found.end() :] if found else text
    words = WORD.findall(text[:READ])
    if len(words) < 2 or not is_word(words[0]) or words[0] in NO_VERB:
        return None
    noun = head(words[1:])
    return None if noun is None else (words[0], singular(noun))


def head(words: list[str]) -> str | None:
    """Return the last word of the noun phrase that these words begin with."""
    phrase: list[str] = []
    for place, word in enumerate(words):
        after = words[place + 1 : place + 3]
        if word.isdecimal() or (not phrase and word in LEFT_OUT) or (phrase and joins(phrase[-1], word, after)):
            continue
        if word in END or not is_word(word) or (phrase and is_over(word, after)):
            break
        phrase.append(word)
    return phrase[-1] if phrase else None


def is_over(word: str, after: list[str]) -> bool:
    """Return whether a word after a noun begins a clause about it, or another part of the sentence."""
    if word in AFTER_NOUN:
        return True
    if PARTICIPLE.fullmatch(word):
        return not after or not goes_on(after[0])
    return word.endswith("ing") and bool(after) and after[0] in LEFT_OUT


def joins(before: str, word: str, after: list[str]) -> bool:
    """Return whether a word joins two adjectives of one noun: "a clear and short title"."""
    return (
        word in ("and", "or", "but", ",")
        and len(after) == 2
        and all(map(goes_on, after))
        and ADJECTIVE.fullmatch(before) is not None
    )


def goes_on(word: str) -> bool:
    """Return whether a noun phrase can go on with a word."""
    return is_word(word) and word not in END and word not in LEFT_OUT


def singular(noun: str) -> str:
    """Return a noun in the singular, by its ending."""
    if noun in NO_PLURAL.split() or not noun.endswith("s") or noun.endswith(("ss", "us", "is")):
        return noun
    for ending, other in (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss")):
        if noun.endswith(ending) and noun not in IN_IE.split():
            return noun.removesuffix(ending) + other
    return noun.removesuffix("s")


def is_word(text: str) -> bool:
    """Return whether it is a word in Latin letters, which is all the rule can read."""
    return text[0].isascii() and text[0].isalpha()
