"""The methods paragraph and the table of hyperparameters: how the dataset was made, for a paper."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.actions.card.facts import Facts
from selfinstruct.actions.score_table import shown_as
from selfinstruct.round import IGNORED
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.filter_settings import filters_of
from selfinstruct.task import HUMAN, UNKNOWN, stand_ins
from selfinstruct.text.escaping import latex, latex_table

DECODING = ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty")
NO_HYPERPARAMETERS = {"_target_", "template", "system", "few_shot", "model"}
LONGEST = 60
"""Characters of a value that the table shows."""


def paragraph(facts: Facts) -> str:
    """Return the methods of a run in one paragraph, every number from the run."""
    made_up = [f"{name}, which stands in for a language model" for name in stand_ins(facts.models)]
    models = [f"{name} (as the provider calls it)" for name in facts.models if name not in stand_ins(facts.models)]
    writer = ", and ".join([*made_up, *models])
    method = facts.paper.method if facts.paper else f"the recipe {facts.recipe}"
    published = "" if facts.replies is None else f" ({counted(facts.replies, 'reply', 'replies')} published with it)"
    return " ".join(
        [
            f"Starting from {seeds_of(facts)}, we grew {counted(facts.tasks['made'], 'task')} with",
            f"{counted(facts.tasks['instances'], 'instance')} by {method},",
            f"as implemented in selfinstruct {facts.version}.",
            f"The text was written by {writer}{published}.",
            *(sentence(facts, name) for name in facts.stages),
            *judged(facts),
            f"In total, {kept(facts.figures)}.",
            f"The random seed was {facts.random_seed}.",
        ]
    )


def judged(facts: Facts) -> Iterator[str]:
    """Yield who judged the generated tasks, and what was found."""
    if facts.judged is not None:
        line, by = facts.judged
        shown = [f"{name.replace('_', ' ')} {shown_as(name, figure)}" for name, figure in line.figures.items()]
        yield (
            f"{' and '.join(by)} judged {counted(line.items, 'task')}: {', '.join(shown)}. The rating is the mean on a"
            " scale from 1 to 5, the others are shares in percent, and brackets hold intervals of 95 %."
        )


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, in the singular for one."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def seeds_of(facts: Facts) -> str:
    """Return how many seeds there were and who wrote them; a person is named only where that is known."""
    if set(facts.seed_writers) <= {HUMAN}:
        return counted(facts.tasks["seeds"], "seed task")
    names = {HUMAN: "people", UNKNOWN: "an unknown author"}
    parts = (f"{count:,} by {names.get(name, name)}" for name, count in facts.seed_writers.items())
    return f"{counted(facts.seed_writers.total(), 'seed task')} ({', '.join(parts)})"


def kept(figures: Mapping[str, Any]) -> str:
    """Return how many of the candidates were kept."""
    verb = "was" if figures["kept"] == 1 else "were"
    return f"{figures['kept']:,} of {counted(figures['candidates'], 'candidate')} {verb} kept"


def sentence(facts: Facts, name: str) -> str:
    """Return what a stage did."""
    stage = facts.resolved["recipe"][name]
    decoded = decoding(stage, stage.get("model") or facts.resolved.get("model") or {})
    passed = ", ".join(filter_ + (f" ({settings})" if settings else "") for filter_, settings in filters_of(stage))
    structured = (stage.get("prompt") or {}).get("structured") or {}
    parts = [
        f"Stage {name.replace('_', ' ')} made {counted(facts.stages[name]['asked'], 'request')}",
        shown_in(stage.get("sampler") or {}),
        f"{answers} answers to each task" if (answers := stage.get("answers") or 1) > 1 else "",
        f"decoded with {decoded}" if decoded else "",
        held(facts.stages[name]) if structured.get("enabled") is True else "",
    ]
    filtered = f" after the filters {passed}" if passed else ""
    return f"{', '.join(filter(None, parts))}; {kept(facts.stages[name])}{filtered}."


def held(figures: Mapping[str, Any]) -> str:
    """Return that replies were held to a JSON schema, and how many of them were not."""
    ignored = figures.get(IGNORED, 0)
    return "held to a JSON schema" + (f" ({counted(ignored, 'reply', 'replies')} ignored it)" if ignored else "")


def shown_in(sampler: Mapping[str, Any]) -> str:
    """Return which tasks each request showed; while there are too few generated ones, seeds take their place."""
    seeds, made = sampler.get("human"), sampler.get("machine")
    if not isinstance(seeds, int) or not isinstance(made, int) or seeds + made == 0:
        return ""
    configured = [counted(seeds, "seed task")] if seeds else []
    configured += [f"up to {counted(made, 'generated task')}"] if made else []
    return f"each of which showed {' and '.join(configured)} as examples"


def decoding(stage: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """Return the decoding parameters of a stage that its model is sent."""
    values = (stage.get("prompt") or {}).get("decoding") or {}
    keys = [key for key in DECODING if key not in (model.get("unsupported") or ())]
    return ", ".join(f"{key} {values[key]}" for key in keys if values.get(key) is not None)


def table(facts: Facts, paper: Mapping[str, Any]) -> str:
    """Return a LaTeX table of every hyperparameter that differs from the paper's; a comment without a paper."""
    if not paper:
        return f"% There is no experiment with the values of a paper for the recipe {facts.recipe}.\n"
    now = dict(leaves(facts.resolved["recipe"], "recipe"))
    rows = [
        [latex(key.removeprefix("recipe.")), *(shown(values.get(key, "--")) for values in (paper, now))]
        for key in {**paper, **now}
        if paper.get(key) != now.get(key) and not NO_HYPERPARAMETERS & set(key.split("."))
    ]
    title = f"% {latex(facts.title)}: hyperparameters that differ from the paper's\n"
    return title + latex_table([["hyperparameter", "paper", "here"], *(rows or [["none differs", "", ""]])])


def shown(value: Any) -> str:
    """Return a value as LaTeX text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return latex(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
