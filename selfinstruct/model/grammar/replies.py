"""The forms that replies have: a continued list, yes or no, labels with inputs, inputs with outputs, whole tasks.

Each form is written as its prompt asks, or, when the reply is to be spoiled, in one of the ways in which real models
get it wrong.  The task at hand is read from the prompt, as a real model would: nothing else is known of it.
"""

import re
from collections.abc import Callable
from random import Random

from selfinstruct.model import grammar
from selfinstruct.model.grammar import evolving
from selfinstruct.model.grammar.answers import answered, near_copy, placeholder_input
from selfinstruct.model.grammar.frame import Closed
from selfinstruct.model.grammar.inducing import answer, single_instruction
from selfinstruct.model.grammar.labels import named_labels, sounds_closed
from selfinstruct.model.grammar.whole_tasks import opened_label, whole_tasks
from selfinstruct.model.grammar.words import fill
from selfinstruct.request import Request

OPEN_NUMBER = re.compile(r"(?:^|\n)\s*(\d+)\.\s*$")
ITEM = re.compile(r"^\s*(\d+)\. +(\S.*)$", re.MULTILINE)
SPAN = re.compile(r"numbered (?:from )?(\d+) (?:to|through) (\d+)")
MORE = re.compile(r"\b(\d+) (?:more|further|new|other|additional)\b")
AT_MOST = re.compile(r"\bat most (\d+)\b")
NUMBER = re.compile(r"\s*(\d+)\s*[.)]?\s*")
PREAMBLES = ("Sure! Here is what I came up with:", "Of course, here you are:", "Certainly. Here are my suggestions:")
FAREWELLS = ("Let me know if you need more!", "I hope this helps.", "Feel free to ask for changes.")
THOUGHT = "<think>\nThe user wants something in a fixed form. I look at the examples and keep to it.\n</think>\n\n"
LISTED = 8
"""How many tasks a list is continued by where the prompt does not say."""
INSTANCES = 5
"""How many instances a task has at most where the prompt does not say."""


def reply(request: Request, rng: Random, repeats: float, spoiled: bool) -> str:
    """What the grammar answers; `repeats` is the share of near copies among new instructions."""
    if request.expects == "numbered_list":
        return numbered_list(request, rng, repeats, spoiled)
    if request.expects == "rewritten_text":
        return evolving.evolved(request, rng, repeats, spoiled)
    if request.expects == "whole_tasks":
        return whole_tasks(request, rng, repeats, spoiled)
    if request.expects in FORMS:
        return FORMS[request.expects](request, rng, spoiled)
    return fill("The offline grammar has no form for this; it offers {topic}.", rng)


def at_hand(text: str) -> str:
    """The task that a prompt asks about: its last line that starts with "Task:", else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    tasks = [line.removeprefix("Task:").strip() for line in lines if line.startswith("Task:")]
    return tasks[-1] if tasks else (lines[-1] if lines else "")


def at_most(request: Request) -> int:
    """How many instances the prompt allows; it says so before its first task."""
    said = AT_MOST.search(request.text.partition("Task:")[0])
    return max(int(said[1]), 1) if said else INSTANCES


def span(request: Request) -> tuple[int, int]:
    """The number of the first new task, and how many are wanted."""
    around = ITEM.sub("", request.text)
    opened, said, more = OPEN_NUMBER.search(request.text), SPAN.search(around), MORE.search(around)
    last = max((int(number) for number, _ in ITEM.findall(request.text)), default=0)
    first = int(opened[1]) if opened else int(said[1]) if said else last + 1
    ends = [int(match[1]) for stop in request.decoding.stop if (match := NUMBER.fullmatch(stop))]
    if any(end > first for end in ends):
        return first, min(end for end in ends if end > first) - first
    if said and int(said[2]) >= first:
        return first, int(said[2]) - first + 1
    return first, max(1, int(more[1])) if more else LISTED


def numbered_list(request: Request, rng: Random, repeats: float, spoiled: bool) -> str:
    """New tasks that continue the list of the prompt."""
    first, count = span(request)
    shown = [task for _, task in ITEM.findall(request.text)]
    items: list[str] = []
    for _ in range(count):
        models = shown + items
        items.append(
            near_copy(rng.choice(models), rng) if models and rng.random() < repeats else grammar.instruction(rng)
        )
    text = _misnumbered(items, first, rng) if spoiled else _numbered(items, first)
    opened = OPEN_NUMBER.search(request.text) is not None and not request.chat
    return text.removeprefix(f"{first}.") if opened else text


def _numbered(items: list[str], first: int) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, first))


def _misnumbered(items: list[str], first: int, rng: Random) -> str:
    head, rest = f"{first}. {items[0]}", items[1:]
    if not rest:
        return items[0]
    return rng.choice(
        [
            f"{head}\n{_numbered(rest, 1)}",
            "\n".join([head, *(f"- {item}" for item in rest)]),
            "\n".join([head, *rest]),
            " ".join([head, *rest]),
            "\n".join([head, *(f"{number}) {item}" for number, item in enumerate(rest, first + 1))]),
        ]
    )


def yes_no(request: Request, rng: Random, spoiled: bool) -> str:
    """Whether the task at hand is a classification task."""
    instruction = at_hand(request.text)
    task = grammar.known(instruction)
    is_closed = isinstance(task.frame, Closed) if task else sounds_closed(instruction)
    answer = "Yes" if is_closed else "No"
    if spoiled:
        answer = rng.choice(["Maybe", "It depends", "Yes and no", "Hard to say", "?"])
    return answer if request.chat else f" {answer}"


def label_first(request: Request, rng: Random, spoiled: bool) -> str:
    """Labels of the task at hand, each with an input for which it is right."""
    instruction = at_hand(request.text)
    task = grammar.known(instruction)
    labels = (task.labels if task else []) or named_labels(instruction)
    turns = (labels * (2 if len(labels) < 3 else 1))[: at_most(request)]
    pairs: list[tuple[str, str]] = []
    for label in rng.sample(turns, len(turns)):
        given = task.example(rng, label) if task and task.labels else placeholder_input(rng)
        if all(given != other for _, other in pairs):
            pairs.append((label, given))
    if spoiled:
        return "\n\n".join(rng.choice([f"{given}\n{label}", f"Label - {label}: {given}"]) for label, given in pairs)
    return "\n\n".join(f"Class label: {label}\n{given}" for label, given in pairs)


def input_first(request: Request, rng: Random, spoiled: bool) -> str:
    """Inputs for the task at hand, each with its output; the output alone where no input is needed."""
    pairs: dict[str, str] = {}
    for _ in range(min(rng.choice([1, 1, 2, 2, 3]), at_most(request))):
        given, output = answered(at_hand(request.text), rng)
        pairs.setdefault(given, output)
    if "" in pairs:
        return rng.choice(["", "Output:", "Example 1\n"]) if spoiled else f"Output: {pairs['']}"
    mark, head = rng.choice([("Answer:", "Case"), ("Result -", "Example")]) if spoiled else ("Output:", "Example")
    numbered = enumerate(pairs.items(), 1)
    return "\n\n".join(f"{head} {number}\n{given}\n{mark} {output}" for number, (given, output) in numbered)


def between(text: str, request: Request, rng: Random) -> str:
    """The reply between a preamble and a farewell; a yes or no with a reason behind it."""
    if request.expects in ("yes_no", "equality"):
        return f"{text.rstrip('.')}, because of what the task asks for."
    start, preamble, farewell = "" if request.chat else " ", rng.choice(PREAMBLES), rng.choice(FAREWELLS)
    opened = OPEN_NUMBER.search(request.text)
    number = f"{opened[1]}." if opened and request.expects == "numbered_list" and not request.chat else ""
    if request.expects == "whole_tasks":
        number = opened_label(request)
    return f"{start}{preamble}\n\n{number}{text}\n\n{farewell}"


def thought(text: str) -> str:
    """The reply after a block of thoughts."""
    return THOUGHT + text.lstrip()


FORMS: dict[str, Callable[[Request, Random, bool], str]] = {
    "equality": evolving.equality,
    "rating": evolving.rating,
    "whole_reply": evolving.whole_reply,
    "yes_no": yes_no,
    "label_first": label_first,
    "input_first": input_first,
    "single_instruction": single_instruction,
    "answer": answer,
}
