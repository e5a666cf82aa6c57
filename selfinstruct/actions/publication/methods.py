"""The paragraph on methods: how the dataset was made, in the words of a paper, every number from the run."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.actions.publication.authorship import WRITERS, seeds_of
from selfinstruct.actions.publication.facts import Facts
from selfinstruct.task import HUMAN, stand_ins

DECODING = ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty")
NAMES = {
    "self_instruct": "Self-Instruct (Wang et al., 2023)",
    "alpaca": "the method of Alpaca (Taori et al., 2023)",
    "evol_instruct": "Evol-Instruct (Xu et al., 2024)",
    "instruction_induction": "Instruction Induction (Honovich et al., 2023)",
}


def paragraph(facts: Facts) -> str:
    """The methods of a run, one paragraph."""
    made_up = stand_ins(facts.models)
    models = ", ".join(name for name in facts.models if name not in made_up)
    provided = f"{models} (as the provider calls it)" if models else ""
    writer = ", and ".join(filter(None, [*(WRITERS[name] for name in made_up), provided]))
    method = NAMES.get(facts.recipe, f"the recipe {facts.recipe}")
    version = facts.software["versions"].get("selfinstruct")
    tasks = facts.tasks
    stages = facts.resolved["recipe"]
    is_human = set(facts.seed_writers) <= {HUMAN}
    seeds = counted(tasks["seeds"], "seed task") if is_human else seeds_of(facts.seed_writers)
    return " ".join(
        [
            f"Starting from {seeds}, we grew {counted(tasks['made'], 'task')} by {method},",
            f"as implemented in selfinstruct {version}; {'it has' if tasks['made'] == 1 else 'they have'}",
            f"{counted(tasks['instances'], 'instance')}.",
            f"The text was written by {writer}.",
            *(
                sentence(
                    name,
                    stages[name],
                    facts.stages[name],
                    facts.resolved.get("model") or {},
                    facts.examples.get(name),
                )
                for name in facts.stages
            ),
            f"In total, {of(facts.figures)} {were(facts.figures)} kept.",
            f"The random seed was {facts.random_seed}{published(facts.replies)}.",
        ]
    )


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the singular for one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def of(figures: Mapping[str, Any]) -> str:
    """Return how many of the candidates were kept."""
    return f"{figures['kept']:,} of {counted(figures['candidates'], 'candidate')}"


def were(figures: Mapping[str, Any]) -> str:
    """Return the verb for the candidates that were kept."""
    return "was" if figures["kept"] == 1 else "were"


def published(replies: int | None) -> str:
    """Return what is said of replies that are published with the dataset; nothing where they are not."""
    if replies is None:
        return ""
    all_of_them = "the only reply is" if replies == 1 else f"all {replies:,} replies are"
    return f"; {all_of_them} published with the dataset"


def sentence(
    name: str,
    stage: Mapping[str, Any],
    figures: Mapping[str, Any],
    model: Mapping[str, Any],
    examples: tuple[float, float] | None = None,
) -> str:
    """Return what a stage did; `examples` are the mean numbers of seeds and of generated tasks in its prompts."""
    passed = ", ".join(filter_ + (f" ({settings})" if settings else "") for filter_, settings in filters_of(stage))
    parts = [
        f"Stage {name.replace('_', ' ')} made {counted(figures['asked'], 'request')}",
        *([shown] if (shown := shown_in(stage.get("sampler") or {}, examples)) else []),
        *([f"decoded with {told}"] if (told := decoding(stage, stage.get("model") or model)) else []),
    ]
    filtered = f" after the filters {passed}" if passed else ""
    return f"{', '.join(parts)}; {of(figures)} {were(figures)} kept{filtered}."


def shown_in(sampler: Mapping[str, Any], examples: tuple[float, float] | None) -> str:
    """Return which tasks each request showed: as it was meant, and where that varies, as it was on average.

    While a stage has too few tasks of its own, seeds take their place; where seeds are few, fewer are shown.
    """
    seeds, made = sampler.get("human"), sampler.get("machine")
    if not isinstance(seeds, int) or not isinstance(made, int) or seeds + made == 0:
        return ""
    meant = [
        *([counted(seeds, "seed task")] if seeds else []),
        *([f"up to {counted(made, 'generated task')}"] if made else []),
    ]
    text = f"each of which showed {' and '.join(meant)} as examples"
    if not made or examples is None:
        return text
    share = examples[1] / (sum(examples) or 1)
    return (
        f"{text} (seed tasks stood in for missing generated ones: on average {examples[0]:.1f} seed and"
        f" {examples[1]:.1f} generated tasks, {share:.0%} generated, in the requests that led to kept tasks)"
    )


def decoding(stage: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """The decoding parameters of a stage that its model is sent."""
    values = (stage.get("prompt") or {}).get("decoding") or {}
    keys = [key for key in DECODING if key not in (model.get("unsupported") or ())]
    return ", ".join(f"{key} {values[key]}" for key in keys if values.get(key) is not None)


def filters_of(stage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The filters of a stage with their numbers and switches; word lists are in the config."""
    for name, filter_ in (stage.get("filters") or {}).items():
        values = filter_ if isinstance(filter_, Mapping) else {}
        plain = {key: value for key, value in values.items() if key != "_target_" and isinstance(value, SCALAR)}
        yield name, ", ".join(f"{key} {json.dumps(value)}" for key, value in plain.items())


SCALAR = (bool, int, float, str)
