"""What is said about one task: whether it is a classification task, and its instances, label first or input first.

The labels of somebody else's task, such as a seed task, are read out of it: they stand in quotes, or in a row.
"""

import re

from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.tasks import answered, placeholder_input, recognize
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


def yes_no(prompt: ParsedPrompt) -> str:
    """Return whether the task at hand is a classification task."""
    if prompt.spoiled:
        return prompt.as_line(prompt.rng.choice(["Maybe", "It depends", "Yes and no", "Hard to say", "?"]))
    task = recognize(prompt.task)
    is_closed = task.frame.is_closed if task else sounds_closed(prompt.task)
    return prompt.as_line("Yes" if is_closed else "No")


def labels_with_inputs(prompt: ParsedPrompt) -> list[tuple[str, str]]:
    """Return labels of the task at hand, each with an input for which it is right."""
    rng, task = prompt.rng, recognize(prompt.task)
    labels = (task.labels if task else []) or named_labels(prompt.task)
    turns = (labels * (2 if len(labels) < 3 else 1))[: prompt.most_instances]
    pairs: list[tuple[str, str]] = []
    for label in rng.sample(turns, len(turns)):
        given = task.example(rng, label) if task and task.labels else placeholder_input(rng)
        if all(given != other for _, other in pairs):
            pairs.append((label, given))
    return pairs


def label_first(prompt: ParsedPrompt) -> str:
    """Return labels of the task at hand, each above an input for which it is right."""
    rng, pairs = prompt.rng, labels_with_inputs(prompt)
    if prompt.spoiled:
        return "\n\n".join(rng.choice([f"{given}\n{label}", f"Label - {label}: {given}"]) for label, given in pairs)
    return "\n\n".join(f"Class label: {label}\n{given}" for label, given in pairs)


def inputs_with_outputs(prompt: ParsedPrompt) -> list[tuple[str, str]]:
    """Return inputs for the task at hand, each with its output; one empty input where none is needed."""
    rng, pairs = prompt.rng, dict[str, str]()
    for _ in range(min(rng.choice([1, 1, 2, 2, 3]), prompt.most_instances)):
        given, output = answered(prompt.task, rng)
        pairs.setdefault(given, output)
    return [("", pairs[""])] if "" in pairs else list(pairs.items())


def input_first(prompt: ParsedPrompt) -> str:
    """Return inputs for the task at hand, each above its output; the output alone where no input is needed."""
    rng, pairs = prompt.rng, dict(inputs_with_outputs(prompt))
    if "" in pairs:
        return rng.choice(["", "Output:", "Example 1\n"]) if prompt.spoiled else f"Output: {pairs['']}"
    mark, head = (
        rng.choice([("Answer:", "Case"), ("Result -", "Example")]) if prompt.spoiled else ("Output:", "Example")
    )
    blocks = (f"{head} {place}\n{given}\n{mark} {output}" for place, (given, output) in enumerate(pairs.items(), 1))
    return "\n\n".join(blocks)


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
