"""The instruction that the offline grammar induces from examples, and how it knows an instruction again.

It looks at the outputs as a reader would: numbers that are the sum of two, single letters, words in another language.
The first guess that fits all examples counts, and where several families look alike the guess is often wrong; every so
often the grammar is vague as well.  The wordings are the grammar's own; a person's or a model's instruction is known by
the words that such instructions have.
"""

import re
from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.following import ANSWERS, SENTENCES, numbers, pairs
from selfinstruct.request import Request

Pairs = list[tuple[str, str]]

PAIR = re.compile(r"^Input: (.*)\nOutput: (.*)$", re.MULTILINE)
AT_HAND = re.compile(r"^Instruction: (.*)\nInput: ((?:.|\n)*)\nOutput:\s*$", re.MULTILINE)
GRADE = re.compile(r"\d - [^,.]+")
VAGUE = 0.15
"""Share of instructions that say nothing."""
NOTHING_SAID = ("Write the output for the input.", "Complete the pattern.", "Give the matching word.")
DECLINED = ("I'm sorry, but I cannot tell.", '""', "...", "")
UNDECIDED = ("", "...", "I'm sorry, but I cannot do that.")


def looked_up(kind: str) -> Callable[[Pairs], bool]:
    """Whether the grammar's word list has one of the pairs."""
    return lambda shown: any(pairs(kind).get(given) == output for given, output in shown)


def is_language(letters: str, endings: str) -> Callable[[Pairs], bool]:
    """Whether some words have letters of a language, or most of them its endings."""

    def fits(shown: Pairs) -> bool:
        ends = sum(re.search(rf"(?:{endings})$", output) is not None for _, output in shown)
        return any(set(output) & set(letters) for _, output in shown) or ends * 2 > len(shown)

    return fits


FITS: dict[str, Callable[[str, str], bool]] = {
    "starting": lambda given, output: given.endswith("]"),
    "second letter": lambda given, output: output == given[1:2] != given[:1] and output.isalpha(),
    "first letter": lambda given, output: output == given[:1] and output.isalpha(),
    "letters": lambda given, output: " " in output and output.replace(" ", "") == given,
    "sum": lambda given, output: len(numbers(given)) == 2 and output == str(sum(numbers(given))),
    "difference": lambda given, output: len(numbers(given)) == 2 and output.isdecimal(),
    "in words": lambda given, output: given.isdecimal() and output[:1].isalpha(),
    "in context": lambda given, output: " Word: " in given,
    "similarity": lambda given, output: SENTENCES.match(given) is not None and output[:1].isdecimal(),
    "cause": lambda given, output: SENTENCES.match(given) is not None,
    "sentiment": lambda given, output: output in ("positive", "negative"),
    "passive": lambda given, output: " by the " in output,
    "negation": lambda given, output: "not" in output.split(),
    "larger": lambda given, output: given.count(", ") == 1 and output in given.split(", "),
    "animals": lambda given, output: ", " in given and set(output.split(", ")) < set(given.split(", ")),
    "shared": lambda given, output: given.count(", ") > 1,
    "formal": lambda given, output: " " in given,
    "plural": lambda given, output: output[:1] == given[:1] and (output.endswith("s") or output[:2] == given[:2]),
}
"""Whether an input and its output may come of an instruction; the first that holds of all pairs is the guess."""
WORDS_FIT: dict[str, Callable[[Pairs], bool]] = {
    "opposite": looked_up("opposite"),
    "synonym": looked_up("synonym"),
    "rhyme": lambda shown: sum(given[-2:] == output[-2:] for given, output in shown) * 2 > len(shown),
    "German": lambda shown: sum(output[:1].isupper() for _, output in shown) * 2 > len(shown),
    "Spanish": is_language("ñóáíú", "[ao]r?"),
    "French": is_language("èêçàâôœ", "eau|eux|re|ier|e"),
}
"""What single words may stand for, by all pairs together; the first is the guess where nothing fits."""
WORDINGS = {
    "starting": "List the words that start with the letter in brackets.",
    "second letter": "Write the second letter of the word.|Output the letter in second place.",
    "first letter": "Write the first letter of the word.|Output the initial of the word.",
    "letters": "Spell the word with spaces.|Write the letters one by one.",
    "sum": "Add the two numbers.|Write the sum of the numbers.",
    "difference": "Subtract the second number.|Write the difference.",
    "in words": "Write the number in words.|Spell out the number.",
    "in context": "Is the word used in the same sense?|Say whether the word has the same meaning.",
    "similarity": "Grade how alike the sentences are.|Rate the similarity from 0 to 5.",
    "cause": "Write the sentence that is the cause.|Find the cause.",
    "sentiment": "Say whether the review is positive or negative.|Name the sentiment.",
    "passive": "Rewrite the sentence in the passive voice.|Put it into the passive.",
    "negation": "Negate the sentence.|Say that it is not so.",
    "larger": "Write the larger of the two.|Which is bigger?",
    "animals": "List only the animals.|Leave out what is no animal.",
    "shared": "Say what the things have in common.|What do they share?",
    "formal": "Say it in a formal way.|Rewrite the sentence politely.",
    "plural": "Write the plural.|Make more than one of it.",
    "opposite": "Write the opposite of the word.|Give the antonym.",
    "synonym": "Write a word that means the same.|Give a synonym.",
    "rhyme": "Write a word that rhymes.|Find a rhyme.",
    "German": "Translate the word into German.",
    "Spanish": "Translate the word into Spanish.",
    "French": "Translate the word into French.",
}
KNOWN = {
    "opposite": r"opposite|antonym|contrary",
    "synonym": r"synonym|means the same|similar meaning",
    "rhyme": r"rhym",
    "German": r"german",
    "Spanish": r"spanish",
    "French": r"french",
    "starting": r"\[|bracket|starts? with|begins? with",
    "second letter": r"second letter|letter in second",
    "first letter": r"first letter|initial",
    "letters": r"spell(?! out)|letters",
    "sum": r"\badd\b|\bsum\b|\btotal\b",
    "difference": r"subtract|difference",
    "in words": r"in words|spell out",
    "in context": r"\bword\b.*\bsame\b|sense|same meaning",
    "similarity": r"alike|grade|\brate\b|similar",
    "cause": r"\bcause",
    "sentiment": r"positive|sentiment",
    "passive": r"passive",
    "negation": r"negat|\bnot so\b",
    "larger": r"larger|bigger|heavier",
    "animals": r"animal",
    "shared": r"in common|share",
    "formal": r"formal|polite",
    "plural": r"plural|more than one",
}
"""The words by which an instruction is known; the first that is there counts."""


def induced(shown: Pairs, rng: Random) -> str:
    """An instruction that may be behind these pairs."""
    if not shown or rng.random() < VAGUE:
        return rng.choice(NOTHING_SAID)
    names = [name for name, fits in FITS.items() if all(fits(given, output) for given, output in shown)]
    names += [name for name, fits in WORDS_FIT.items() if fits(shown)]
    text = rng.choice(WORDINGS[[*names, "opposite"][0]].split("|"))
    if names[:1] == ["similarity"]:
        return f"{text[:-1]}: {', '.join(sorted({output for _, output in shown}))}."
    return text


def followed(instruction: str, given: str) -> str:
    """What comes of an instruction for an input; the input's last word where the grammar does not understand it."""
    for name, pattern in KNOWN.items():
        if re.search(pattern, instruction, re.IGNORECASE):
            said = ANSWERS[name](given)
            return nearest(said, GRADE.findall(instruction)) if name == "similarity" else said
    return (given.split() or [""])[-1]


def nearest(grade: str, labels: list[str]) -> str:
    """The label whose number is nearest to a grade; the grade alone where there are none."""
    return min(labels, key=lambda label: abs(int(label[0]) - int(grade)), default=grade)


def single_instruction(request: Request, rng: Random, spoiled: bool) -> str:
    """The instruction behind the examples of the prompt."""
    if spoiled:
        return rng.choice(DECLINED)
    text = induced(PAIR.findall(request.text), rng)
    if request.chat:
        return rng.choice([text, f'"{text}"'])
    return rng.choice([f" to {text[:1].lower()}{text[1:]}", f': "{text}"', f' "{text}"'])


def answer(request: Request, rng: Random, spoiled: bool) -> str:
    """The output for the input of the prompt."""
    if spoiled:
        return rng.choice(UNDECIDED)
    asked = AT_HAND.search(request.text)
    text = followed(asked[1], asked[2]) if asked else ""
    return text if request.chat else f" {text}"
