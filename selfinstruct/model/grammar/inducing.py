"""The instruction that the offline model induces from examples, and what it makes of an instruction for one input.

The transformation that gives the outputs of most examples is taken for the instruction; an instruction is recognized by
its words.  So a run shows families with full, middling and no scores, as a run with a model does.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt, UnanswerableError
from selfinstruct.model.grammar.words import plural, read
from selfinstruct.text.pattern import lazy

PAIR = lazy(r"^Input: (.*)\nOutput: (.*)$", re.MULTILINE)
AT_HAND = lazy(
    r"^(?:Instruction|Definition): (.*)\n(?:\nNow complete[^\n]*\n)?Input: ((?:.|\n)*)\nOutput:\s*$", re.MULTILINE
)
QUOTED = lazy(r'"([^"\n]{1,30})"')
VERDICTS = lazy(r"^Possible \w+: (.+)$", re.MULTILINE)
"""The line of a judge's prompt that names the verdicts there are."""
LABELED = lazy(r"^([A-Z]\w*(?: \d+)?): (\w+(?: \| \w+)+)$", re.MULTILINE)
"""The line of a judge's prompt that names the answers to one of its questions."""
AUXILIARY = lazy(r"\b(is|are|was|were|am|can|could|will|would|should|must|has|have|had)\b")
ACTIVE = lazy(r"^(The \w+) (\w+) (the \w+)\.$")
VAGUE = 0.15  # share of instructions that say nothing
NOTHING_SAID = ("Write the output for the input.", "Complete the pattern.", "Give the matching word.")
DECLINED = ("I'm sorry, but I cannot tell.", '""', "...", "")
UNDECIDED = ("", "...", "I'm sorry, but I cannot do that.")


class Change(NamedTuple):
    """A way to make an output of an input."""

    wordings: Sequence[str]  # how the instruction is put
    sign: str  # a regular expression for what such instructions contain
    apply: Callable[[str], str]


def numbers(text: str) -> list[int]:
    """Return the numbers in a text."""
    return [int(number) for number in re.findall(r"-?\d+", text)]


def difference(text: str) -> str:
    """Return the first number less the others."""
    found = numbers(text)
    return str(2 * found[0] - sum(found)) if found else text


def negated(text: str) -> str:
    """Return a sentence with a "not" in it."""
    return AUXILIARY.sub(r"\1 not", text, count=1) if AUXILIARY.search(text) else f"It is not true that {text}"


def passive(text: str) -> str:
    """Return a sentence of a doer, a verb and an object in the passive voice."""
    found = ACTIVE.match(text)
    if found is None:
        return text
    doer, verb, target = found.groups()
    return f"{target[:1].upper()}{target[1:]} was {verb} by {doer[:1].lower()}{doer[1:]}."


def sentiment(text: str) -> str:
    """Return positive where a word of praise stands in the text."""
    praise = read("words.toml")["pairs"]["praise"].split()
    return "positive" if any(word in text.lower() for word in praise) else "negative"


@cache
def pairs(kind: str) -> dict[str, str]:
    """Return the words that belong together, from one to the other and back."""
    there = dict(pair.split("/") for pair in read("words.toml")["pairs"][kind].split())
    return {other: word for word, other in there.items()} | there


def looked_up(kind: str) -> Callable[[str], str]:
    """Return a function that looks a word up; one that it does not know stays as it is."""
    return lambda word: pairs(kind).get(word, word)


CHANGES = (
    Change(["Write the second letter of the word."], "second letter", lambda text: text[1:2]),
    Change(["Write the first letter of the word."], "first letter|initial", lambda text: text[:1]),
    Change(["Spell the word with spaces.", "Write the letters one by one."], "spell|letters", " ".join),
    Change(
        ["Add the two numbers.", "Write the sum of the numbers."],
        r"\badd\b|\bsum\b|total",
        lambda t: str(sum(numbers(t))),
    ),
    Change(["Subtract the second number.", "Write the difference."], "subtract|difference", difference),
    Change(["Rewrite the sentence in the passive voice.", "Put it into the passive."], "passive", passive),
    Change(["Say whether the review is positive or negative.", "Name the sentiment."], "positive|sentiment", sentiment),
    Change(["Negate the sentence.", "Say that it is not so."], r"negat|\bnot so\b", negated),
    Change(
        ["Write the opposite of the word.", "Give the antonym."], "opposite|antonym|contrary", looked_up("opposite")
    ),
    Change(["Write a word that means the same.", "Give a synonym."], "synonym|the same", looked_up("synonym")),
    Change(["Write a word that rhymes.", "Find a rhyme."], "rhym", looked_up("rhyme")),
    Change(["Translate the word into German."], "german", looked_up("German")),
    Change(["Translate the word into Spanish."], "spanish", looked_up("Spanish")),
    Change(["Translate the word into French."], "french", looked_up("French")),
    Change(["Write the plural.", "Write the word for more than one."], "plural|more than one", plural),
)
"""Which one counts where several fit equally well: the first."""


def single_instruction(prompt: ParsedPrompt) -> str:
    """Return the instruction behind the examples of the prompt."""
    shown = PAIR.findall(prompt.text)
    if not shown:
        raise UnanswerableError("it shows no lines 'Input: …' and 'Output: …' to induce an instruction from")
    if prompt.spoiled:
        return prompt.rng.choice(DECLINED)
    found, share = max(((change, fit(change, shown)) for change in CHANGES), key=lambda pair: pair[1])
    text = prompt.rng.choice(NOTHING_SAID if share == 0 or prompt.rng.random() < VAGUE else found.wordings)
    if prompt.request.chat:
        return prompt.rng.choice([text, f'"{text}"'])
    return prompt.rng.choice([f" to {text[:1].lower()}{text[1:]}", f': "{text}"', f' "{text}"'])


def fit(change: Change, shown: Sequence[tuple[str, str]]) -> float:
    """Return the share of the examples that a change gives."""
    return sum(given != output == change.apply(given) for given, output in shown) / len(shown)


def answer(prompt: ParsedPrompt) -> str:
    """Return the output for the input of the prompt: an answer that the instruction quotes, if there are some.

    Else the input's last word, where the instruction is not understood.
    """
    found = AT_HAND.search(prompt.text)
    if found is None:
        raise UnanswerableError(
            "it does not end with lines 'Instruction: …' (or 'Definition: …'), 'Input: …' and 'Output:'"
        )
    if prompt.spoiled:
        return prompt.rng.choice(UNDECIDED)
    options = QUOTED.findall(found[1])
    return prompt.as_line(prompt.rng.choice(options) if len(options) > 1 else followed(found[1], found[2]))


def last_line(prompt: ParsedPrompt) -> str:
    """Return a verdict of those that the prompt names, by chance, on the last line."""
    found = VERDICTS.search(prompt.text)
    if found is None:
        raise UnanswerableError("it has no line 'Possible grades: …' or 'Possible verdicts: …'")
    if prompt.spoiled:
        return prompt.rng.choice(UNDECIDED)
    verdict = prompt.rng.choice(found[1].split(", "))
    return prompt.as_line(prompt.rng.choice([verdict, f"It does what was asked, more or less.\n\n**{verdict}**"]))


def labeled_lines(prompt: ParsedPrompt) -> str:
    """Return a verdict on each line of the prompt that names some, like "Output: yes | no"; the better ones more often.

    Of words the first is the best, of numbers the last.
    """
    lines = [(label, options.split(" | ")) for label, options in LABELED.findall(prompt.text)]
    if not lines:
        raise UnanswerableError("it has no lines like 'Output: yes | no'")
    if prompt.spoiled:
        lines = lines[:-1]
    said = []
    for label, options in lines:
        ranked = options if options[0].isdigit() else options[::-1]
        said.append(f"{label}: {prompt.rng.choices(ranked, [4**place for place in range(len(ranked))])[0]}")
    return prompt.as_line(
        "\n".join([prompt.rng.choice(["I have read all of it.", "It is much as one would expect."]), *said])
    )


def followed(instruction: str, given: str) -> str:
    """Return what an instruction makes of an input; the last word where it is not understood."""
    for change in CHANGES:
        if re.search(change.sign, instruction, re.IGNORECASE):
            return change.apply(given)
    return (given.split() or [""])[-1]
