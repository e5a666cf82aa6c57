"""The paragraph on methods: how the dataset was made, in the words of a paper, every number from the run."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.actions.publication.authorship import seeds_of
from selfinstruct.actions.publication.facts import Facts
from selfinstruct.task import HUMAN, OFFLINE

GRAMMAR = "an offline grammar, which stands in for a language model"
DECODING = ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty")
NAMES = {
    "self_instruct": "Self-Instruct (Wang et al., 2023)",
    "alpaca": "the method of Alpaca (Taori et al., 2023)",
    "evol_instruct": "Evol-Instruct (Xu et al., 2024)",
    "instruction_induction": "Instruction Induction (Honovich et al., 2023)",
}


def paragraph(facts: Facts) -> str:
    """The methods of a run, one paragraph."""
    models = ", ".join(name for name in facts.models if name != OFFLINE)
    provided = f"{models} (as the provider calls it)" if models else ""
    writer = ", and ".join(filter(None, [GRAMMAR if facts.is_offline else "", provided]))
    method = NAMES.get(facts.recipe, f"the recipe {facts.recipe}")
    version = facts.software["versions"].get("selfinstruct")
    tasks = facts.tasks
    stages = facts.resolved["recipe"]
    is_human = set(facts.seed_writers) <= {HUMAN}
    seeds = f"{tasks['seeds']:,} seed tasks" if is_human else seeds_of(facts.seed_writers)
    return " ".join(
        [
            f"Starting from {seeds}, we grew {tasks['made']:,} tasks by {method},",
            f"as implemented in selfinstruct {version}; they have {tasks['instances']:,} instances.",
            f"The text was written by {writer}.",
            *(
                sentence(name, stages[name], facts.stages[name], facts.resolved.get("model") or {})
                for name in facts.stages
            ),
            f"Of {facts.figures['candidates']:,} candidates {facts.figures['kept']:,} were kept.",
            f"The random seed was {facts.random_seed}{published(facts.replies)}.",
        ]
    )


def published(replies: int | None) -> str:
    """Return what is said of replies that are published with the dataset; nothing where they are not."""
    return "" if replies is None else f"; all {replies:,} replies are published with the dataset"


def sentence(name: str, stage: Mapping[str, Any], figures: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """What a stage did."""
    sampler = stage.get("sampler") or {}
    shown = " and ".join(f"{sampler[key]} {word}" for key, word in SHOWN.items() if sampler.get(key))
    passed = ", ".join(filter_ + (f" ({settings})" if settings else "") for filter_, settings in filters_of(stage))
    parts = [
        f"Stage {name.replace('_', ' ')} asked {figures['asked']:,} requests",
        *([f"each of which showed {shown} tasks"] if shown else []),
        *([f"decoded with {told}"] if (told := decoding(stage, stage.get("model") or model)) else []),
    ]
    end = f"; what passed the filters {passed} was kept" if passed else ""
    return f"{', '.join(parts)}{end} ({figures['kept']:,} of {figures['candidates']:,} candidates)."


SHOWN = {"human": "seed", "machine": "machine-made"}


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
