"""What is said about one task: whether it is a classification task, and its instances, label first or input first."""

from selfinstruct.model.grammar.labels import named_labels, sounds_closed
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.tasks import answered, placeholder_input, recognize


def yes_no(prompt: ParsedPrompt) -> str:
    """Return whether the task at hand is a classification task."""
    if prompt.spoiled:
        return prompt.as_line(prompt.rng.choice(["Maybe", "It depends", "Yes and no", "Hard to say", "?"]))
    task = recognize(prompt.task)
    is_closed = task.frame.is_closed if task else sounds_closed(prompt.task)
    return prompt.as_line("Yes" if is_closed else "No")


def label_first(prompt: ParsedPrompt) -> str:
    """Return labels of the task at hand, each with an input for which it is right."""
    rng, task = prompt.rng, recognize(prompt.task)
    labels = (task.labels if task else []) or named_labels(prompt.task)
    turns = (labels * (2 if len(labels) < 3 else 1))[: prompt.most_instances]
    pairs: list[tuple[str, str]] = []
    for label in rng.sample(turns, len(turns)):
        given = task.example(rng, label) if task and task.labels else placeholder_input(rng)
        if all(given != other for _, other in pairs):
            pairs.append((label, given))
    if prompt.spoiled:
        return "\n\n".join(rng.choice([f"{given}\n{label}", f"Label - {label}: {given}"]) for label, given in pairs)
    return "\n\n".join(f"Class label: {label}\n{given}" for label, given in pairs)


def input_first(prompt: ParsedPrompt) -> str:
    """Return inputs for the task at hand, each with its output; the output alone where no input is needed."""
    rng, pairs = prompt.rng, dict[str, str]()
    for _ in range(min(rng.choice([1, 1, 2, 2, 3]), prompt.most_instances)):
        given, output = answered(prompt.task, rng)
        pairs.setdefault(given, output)
    if "" in pairs:
        return rng.choice(["", "Output:", "Example 1\n"]) if prompt.spoiled else f"Output: {pairs['']}"
    mark, head = (
        rng.choice([("Answer:", "Case"), ("Result -", "Example")]) if prompt.spoiled else ("Output:", "Example")
    )
    blocks = (f"{head} {place}\n{given}\n{mark} {output}" for place, (given, output) in enumerate(pairs.items(), 1))
    return "\n\n".join(blocks)
