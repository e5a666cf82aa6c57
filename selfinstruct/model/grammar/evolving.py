"""What the offline model writes for Evol-Instruct: evolved prompts, verdicts, ratings and answers.

The operation is guessed from the words that describe it; any other description asks for one more condition.
"""

import re
from random import Random

from selfinstruct.model.grammar.languages import asked_in, written
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.tasks import behind, instruction, near_copy, recognize
from selfinstruct.model.grammar.words import fill, sentence, words
from selfinstruct.text.pattern import lazy

GIVEN = lazy(r"^.*\b(?:given|original) prompt\W*:\s*\n", re.IGNORECASE | re.MULTILINE)
WANTED = lazy(r"\n\s*[^\n]*\b(?:rewritten|created|new) prompt[^\n]*:\s*$", re.IGNORECASE)
PAIR = lazy(r"First prompt:\n(.*)\n\nSecond prompt:\n(.*)\n\n[^\n]*:\s*$", re.DOTALL)
RATED = lazy(r"Prompt:\n(.*)\n\n[^\n]*:\s*$", re.DOTALL)
OPERATIONS = {
    "breadth": lazy(r"\banother one\b|\bbrand[- ]new\b|\bfar less often\b|\brarer?\b", re.IGNORECASE),
    "complicate": lazy(r"\bbring data\b|\bdata that\b", re.IGNORECASE),
    "reason_more": lazy(r"\bsteps?\b|\breasoning\b", re.IGNORECASE),
    "deepen": lazy(r"\bdepth\b|\bdeeper\b|\bfurther into\b", re.IGNORECASE),
    "concretize": lazy(r"\bparticular\b|\bconcrete\b|\bspecific\b", re.IGNORECASE),
}
EMPTY_WORDS = (".", "...", "And so on, and so on.", "It is this.", "-")
REFUSALS = ("I'm sorry, but I cannot help with that.", "Sorry, this is more than I can do.")


def evolved(prompt: ParsedPrompt) -> str:
    """Return the prompt at hand, evolved; at the rate of repeats hardly changed."""
    rng, (text, operation) = prompt.rng, at_hand(prompt.text)
    made = near_copy(text, rng) if rng.random() < prompt.repeats else by_operation(text, operation, rng)
    if prompt.spoiled:
        leaked = f"#Given Prompt#: {text}\n#Rewritten Prompt#: {made} As in the #Rewritten Prompt# above."
        return rng.choice([f"{made} Keep to what the given prompt asks.", leaked, ""])
    return prompt.as_line(rng.choice([made] * 5 + [f"#Rewritten Prompt#: {made}", f'"{made}"']))


def at_hand(prompt: str) -> tuple[str, str]:
    """Return the prompt that is to be evolved, and the operation."""
    head, *rest = GIVEN.split(prompt)
    operation = next((name for name, pattern in OPERATIONS.items() if pattern.search(head)), "constrain")
    return WANTED.sub("", rest[-1] if rest else head).strip(), operation


def by_operation(text: str, operation: str, rng: Random) -> str:
    """Return the text after one operation."""
    if operation == "breadth":
        return instruction(rng)
    if operation == "complicate":
        return f"{text}\n\n{fill('{data}', rng)}"
    if operation == "constrain":
        return f"{text} {sentence(rng.choice(behind('remarks')).render(rng))}"
    return f"{text} {fill(rng.choice(words(operation)), rng)}"


def equality(prompt: ParsedPrompt) -> str:
    """Return whether the two prompts at hand ask for the same: whether they share nearly all of their words."""
    if prompt.spoiled:
        return prompt.rng.choice(["It depends.", "Equal and not equal", "Hard to say", "?"])
    found = PAIR.search(prompt.text)
    first, second = (set(re.findall(r"\w+", text.lower())) for text in found.groups()) if found else (set(), {""})
    verdicts = ("Equal", "Equal.") if len(first ^ second) <= 2 else ("Not Equal", "Not Equal.", "**Not Equal**")
    return prompt.as_line(prompt.rng.choice(verdicts))


def rating(prompt: ParsedPrompt) -> str:
    """Return how hard the prompt at hand is: the longer, the harder."""
    if prompt.spoiled:
        return prompt.rng.choice(["Quite hard", "Between 3 and 8", "11"])
    found = RATED.search(prompt.text)
    length = len((found[1] if found else prompt.text).split())
    rated = min(10, max(1, length // 12 + prompt.rng.choice([1, 2, 2, 3])))
    return prompt.as_line(prompt.rng.choice([str(rated)] * 3 + [f"**{rated}**", f"{rated}/10"]))


def whole_reply(prompt: ParsedPrompt) -> str:
    """Return an answer to the prompt, which is an instruction as it stands."""
    if language := asked_in(prompt.text):
        return written(language, "refusals" if prompt.spoiled else "answers", prompt.rng)
    if prompt.spoiled:
        return prompt.rng.choice([*REFUSALS, *EMPTY_WORDS])
    task = next((found for line in prompt.text.splitlines() if (found := recognize(line.strip()))), None)
    if task is None:
        return fill("{placeholder}", prompt.rng)
    given, output = task.answer(prompt.rng)
    return output if task.frame.is_closed or not given else f"{given}\n\n{output}"
