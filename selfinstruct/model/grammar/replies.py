"""The replies of the offline model, by the form that the parser of a prompt expects."""

from collections.abc import Callable

from selfinstruct.model.grammar.evolving import equality, evolved, rating, whole_reply
from selfinstruct.model.grammar.inducing import answer, labeled_lines, last_line, single_instruction
from selfinstruct.model.grammar.instances import input_first, label_first, yes_no
from selfinstruct.model.grammar.instructions import numbered_list, opened_number
from selfinstruct.model.grammar.languages import asked_in, written
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt, UnanswerableError
from selfinstruct.model.grammar.whole_tasks import opened_label, whole_tasks

FORMS: dict[str, Callable[[ParsedPrompt], str]] = {
    "numbered_list": numbered_list,
    "yes_no": yes_no,
    "label_first": label_first,
    "input_first": input_first,
    "whole_tasks": whole_tasks,
    "rewritten_text": evolved,
    "equality": equality,
    "rating": rating,
    "whole_reply": whole_reply,
    "single_instruction": single_instruction,
    "answer": answer,
    "last_line": last_line,
    "labeled_lines": labeled_lines,
}
"""The names of `reply_format`, each with what writes it."""
PREAMBLES = ("Sure! Here is what I came up with:", "Of course, here you are:", "Certainly. Here are my suggestions:")
FAREWELLS = ("Let me know if you need more!", "I hope this helps.", "Feel free to ask for changes.")
THOUGHT = "<think>\nThe user wants something in a fixed form. I look at the examples and keep to it.\n</think>\n\n"


def reply(prompt: ParsedPrompt) -> str:
    """Return a reply; raises UnanswerableError for a prompt that the offline model cannot answer."""
    reply_format = prompt.request.reply_format
    if reply_format not in FORMS:
        raise UnanswerableError(f"its parser expects {reply_format!r}, a form of reply that it does not know")
    return FORMS[reply_format](prompt)


def between(text: str, prompt: ParsedPrompt) -> str:
    """Return the reply between a preamble and a farewell; a yes or no with a reason behind it."""
    reply_format = prompt.request.reply_format
    if reply_format in ("yes_no", "equality"):
        return f"{text.rstrip('.')}, because of what the task asks for."
    language = asked_in(prompt.text)
    opened = {"numbered_list": opened_number, "whole_tasks": opened_label}.get(reply_format)
    if reply_format == "last_line":  # a farewell would be the last line
        return prompt.as_line(f"{prompt.rng.choice(PREAMBLES)}\n\n{text}")
    start = opened(prompt) if opened else ""
    before = written(language, "preambles", prompt.rng) if language else prompt.rng.choice(PREAMBLES)
    after = written(language, "farewells", prompt.rng) if language else prompt.rng.choice(FAREWELLS)
    return prompt.as_line(f"{before}\n\n{start}{text}\n\n{after}")


def thought(text: str) -> str:
    """Return the reply after a block of thoughts."""
    return THOUGHT + text.lstrip()
