"""What is said about one task: whether it is a classification task, and its instances, label first or input first."""

from selfinstruct.model.grammar.asked import Asked
from selfinstruct.model.grammar.labels import named_labels, sounds_closed
from selfinstruct.model.grammar.tasks import answered, known, placeholder_input


def yes_no(asked: Asked) -> str:
    """Return whether the task at hand is a classification task."""
    if asked.spoiled:
        return asked.said(asked.rng.choice(["Maybe", "It depends", "Yes and no", "Hard to say", "?"]))
    task = known(asked.task)
    is_closed = task.frame.is_closed if task else sounds_closed(asked.task)
    return asked.said("Yes" if is_closed else "No")


def label_first(asked: Asked) -> str:
    """Return labels of the task at hand, each with an input for which it is right."""
    rng, task = asked.rng, known(asked.task)
    labels = (task.labels if task else []) or named_labels(asked.task)
    turns = (labels * (2 if len(labels) < 3 else 1))[: asked.most_instances]
    pairs: list[tuple[str, str]] = []
    for label in rng.sample(turns, len(turns)):
        given = task.example(rng, label) if task and task.labels else placeholder_input(rng)
        if all(given != other for _, other in pairs):
            pairs.append((label, given))
    if asked.spoiled:
        return "\n\n".join(rng.choice([f"{given}\n{label}", f"Label - {label}: {given}"]) for label, given in pairs)
    return "\n\n".join(f"Class label: {label}\n{given}" for label, given in pairs)


def input_first(asked: Asked) -> str:
    """Return inputs for the task at hand, each with its output; the output alone where no input is needed."""
    rng, pairs = asked.rng, dict[str, str]()
    for _ in range(min(rng.choice([1, 1, 2, 2, 3]), asked.most_instances)):
        given, output = answered(asked.task, rng)
        pairs.setdefault(given, output)
    if "" in pairs:
        return rng.choice(["", "Output:", "Example 1\n"]) if asked.spoiled else f"Output: {pairs['']}"
    mark, head = rng.choice([("Answer:", "Case"), ("Result -", "Example")]) if asked.spoiled else ("Output:", "Example")
    blocks = (f"{head} {place}\n{given}\n{mark} {output}" for place, (given, output) in enumerate(pairs.items(), 1))
    return "\n\n".join(blocks)
