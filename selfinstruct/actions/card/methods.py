"""The methods paragraph: how the dataset was made, in the words of a paper, every number from the run."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.actions.card.authorship import WRITERS, seeds_of
from selfinstruct.actions.card.facts import Facts
from selfinstruct.task import HUMAN, stand_ins

DECODING = ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty")
SCALAR = (bool, int, float, str)


def paragraph(facts: Facts) -> str:
    """Return the methods of a run in one paragraph."""
    made_up = stand_ins(facts.models)
    models = ", ".join(name for name in facts.models if name not in made_up)
    provided = f"{models} (as the provider calls it)" if models else ""
    writer = ", and ".join(filter(None, [*(WRITERS[name] for name in made_up), provided]))
    method = facts.paper.method if facts.paper else f"the recipe {facts.recipe}"
    tasks = facts.tasks
    is_human = set(facts.seed_writers) <= {HUMAN}
    seeds = counted(tasks["seeds"], "seed task") if is_human else seeds_of(facts.seed_writers)
    return " ".join(
        [
            f"Starting from {seeds}, we grew {counted(tasks['made'], 'task')} by {method},",
            f"as implemented in selfinstruct {facts.version}; {'it has' if tasks['made'] == 1 else 'they have'}",
            f"{counted(tasks['instances'], 'instance')}.",
            f"The text was written by {writer}.",
            *(sentence(facts, name) for name in facts.stages),
            f"In total, {kept(facts.figures)}.",
            f"The random seed was {facts.random_seed}{published(facts.replies)}.",
        ]
    )


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the singular for one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def kept(figures: Mapping[str, Any]) -> str:
    """Return how many of the candidates were kept."""
    verb = "was" if figures["kept"] == 1 else "were"
    return f"{figures['kept']:,} of {counted(figures['candidates'], 'candidate')} {verb} kept"


def published(replies: int | None) -> str:
    """Return the end of a sentence about the replies that are published with the dataset."""
    if replies is None:
        return ""
    all_of_them = "the only reply is" if replies == 1 else f"all {replies:,} replies are"
    return f"; {all_of_them} published with the dataset"


def sentence(facts: Facts, name: str) -> str:
    """Return what a stage did."""
    stage = facts.resolved["recipe"][name]
    decoded = decoding(stage, stage.get("model") or facts.resolved.get("model") or {})
    passed = ", ".join(filter_ + (f" ({settings})" if settings else "") for filter_, settings in filters_of(stage))
    parts = [
        f"Stage {name.replace('_', ' ')} made {counted(facts.stages[name]['asked'], 'request')}",
        shown_in(stage.get("sampler") or {}, facts.examples.get(name)),
        f"decoded with {decoded}" if decoded else "",
    ]
    filtered = f" after the filters {passed}" if passed else ""
    return f"{', '.join(filter(None, parts))}; {kept(facts.stages[name])}{filtered}."


def shown_in(sampler: Mapping[str, Any], examples: tuple[float, float] | None) -> str:
    """Return which tasks each request showed: as configured, and where that varies, as it was on average.

    While a stage has too few tasks of its own, seeds take their place; where seeds are few, fewer are shown.
    """
    seeds, made = sampler.get("human"), sampler.get("machine")
    if not isinstance(seeds, int) or not isinstance(made, int) or seeds + made == 0:
        return ""
    configured = [
        *([counted(seeds, "seed task")] if seeds else []),
        *([f"up to {counted(made, 'generated task')}"] if made else []),
    ]
    text = f"each of which showed {' and '.join(configured)} as examples"
    if not made or examples is None:
        return text
    share = examples[1] / (sum(examples) or 1)
    return (
        f"{text} (seed tasks stood in for missing generated ones: on average {examples[0]:.1f} seed and"
        f" {examples[1]:.1f} generated tasks, {share:.0%} generated, in the requests that led to kept tasks)"
    )


def decoding(stage: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """Return the decoding parameters of a stage that its model is sent."""
    values = (stage.get("prompt") or {}).get("decoding") or {}
    keys = [key for key in DECODING if key not in (model.get("unsupported") or ())]
    return ", ".join(f"{key} {values[key]}" for key in keys if values.get(key) is not None)


def filters_of(stage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the filters of a stage with their numbers and switches; word lists are in the config."""
    for name, filter_ in (stage.get("filters") or {}).items():
        values = filter_ if isinstance(filter_, Mapping) else {}
        plain = {key: value for key, value in values.items() if key != "_target_" and isinstance(value, SCALAR)}
        yield name, ", ".join(f"{key} {json.dumps(value)}" for key, value in plain.items())
