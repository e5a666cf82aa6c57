"""Find what a recipe is given and would never use, before anything is spent, and what it did not use.

A filter of verdicts judges what the replies of its own stage say, so that it does nothing in any other stage.  A stage
that completes tasks asks nothing where the recipe has no tasks of the kind that its sampler takes.  A dataset has pairs
where a stage draws several answers, compares two, or makes tasks harder.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from selfinstruct.filters.verdict import Verdict
from selfinstruct.formats.preference import ORDERS, Preference
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, Stage, asking
from selfinstruct.recipe.annotate import Annotate
from selfinstruct.recipe.grow import Grow
from selfinstruct.sampler.alternatives import Alternatives
from selfinstruct.sampler.latest import Latest
from selfinstruct.sampler.missing import Missing
from selfinstruct.task import ALTERNATIVES, HUMAN, Task


def ineffective(recipe: Mapping[str, Stage], seeds: Pool) -> list[str]:
    """Return a sentence for each filter of verdicts that would reject nothing, and each stage that would ask nothing.

    The samplers must be able to draw from the seeds.
    """
    return unread(recipe, seeds) + workless(recipe, seeds)


def unread(recipe: Mapping[str, Stage], seeds: Pool) -> list[str]:
    """Return a sentence for each filter of an attribute that the candidates of its stage do not have."""
    said = {name: attributes(stage, seeds) for name, stage in recipe.items()}
    found = []
    for name, stage in recipe.items():
        for key, filter_ in stage.filters.items():
            if isinstance(filter_, Verdict) and filter_.attribute not in said[name]:
                writers = [f"recipe.{other}" for other, known in said.items() if filter_.attribute in known]
                remedy = f", or have it in {' or '.join(writers)}, whose replies do" if writers else ""
                key = f"recipe.{name}.filters.{key}"
                found.append(
                    f"{key} would reject nothing: the replies of recipe.{name} do not say"
                    f" {filter_.attribute!r}. Leave it out: '~{key}'{remedy}."
                )
    return found


def workless(recipe: Mapping[str, Stage], seeds: Pool) -> list[str]:
    """Return a sentence for each stage that no task of this recipe could be for."""
    makers = [name for name, stage in recipe.items() if not isinstance(stage, Annotate)]
    origins = {*makers, *(task.origin for task in seeds)}
    is_answered = bool(makers) or any(task.is_answered for task in seeds) or any(map(writes_answers, recipe.values()))
    is_drawn = any(map(draws_several, recipe.values())) or any(map(has_several, seeds))
    found = []
    for name, stage in asking(recipe).items():
        where = stage.sampler.where if isinstance(stage.sampler, Missing) else {}
        if not any(takes(where, origin) for origin in origins):
            kinds = ", ".join(sorted(origins))
            why = f"recipe.{name}.sampler.where takes none of the tasks of this recipe, whose origin is {kinds}"
        elif where.get("is_answered") is True and not is_answered:
            why = f"recipe.{name}.sampler.where takes tasks with answers, which no stage of this recipe writes"
        elif isinstance(stage.sampler, Alternatives) and not is_drawn:
            why = "it chooses among several answers, and no stage of this recipe draws them, as one with answers=4 does"
        else:
            continue
        found.append(f"recipe.{name} would ask nothing: {why}. Leave recipe.{name} out, or change it.")
    return found


def idle(recipe: Mapping[str, Stage], rounds: Callable[[str], Sequence[Any]]) -> list[str]:
    """Return a sentence for each stage that asked nothing, with the rounds of each stage known.

    Stages that fill one field share the tasks among them, so that one of them may have none.
    """
    fields = {name: stage.sampler.field for name, stage in asking(recipe).items() if isinstance(stage.sampler, Missing)}
    shared = {name for name, field in fields.items() if list(fields.values()).count(field) > 1}
    return [
        f"recipe.{name} asked nothing: recipe.{name}.sampler found no task for it."
        for name in recipe
        if name not in shared and not rounds(name)
    ]


def gives_pairs(recipe: Mapping[str, Stage], preference: Preference, seeds: Pool) -> bool:
    """Return whether the format `preference` could find a pair in what a recipe makes, or starts from."""
    said = {attribute for stage in asking(recipe).values() for attribute in judged(stage)}
    return (
        any(map(draws_several, recipe.values()))
        or said.issuperset(ORDERS)
        or any(evolves(stage, preference) for stage in asking(recipe).values())
        or (preference.include_seeds and any(map(has_several, seeds)))
        or any(next(rows, None) for _, rows in preference.files(seeds, 0))
    )


def evolves(stage: ModelStage, preference: Preference) -> bool:
    """Return whether a stage makes tasks that have a pair with their parents; those of seeds count where wanted."""
    if not isinstance(stage, Grow) or not isinstance(stage.sampler, Latest):
        return False
    drawn = (name for name, weight in stage.sampler.operations.items() if weight)
    return any(map(preference.operations.get, drawn)) and (preference.include_seeds or stage.generations != 1)


def draws_several(stage: Stage) -> bool:
    """Return whether a task has several answers after a stage: those that it draws, or one beside what was there."""
    if not isinstance(stage, Annotate) or stage.answers is None:
        return False
    return stage.answers > 1 or (isinstance(stage.sampler, Missing) and stage.sampler.field != "instances")


def has_several(task: Task) -> bool:
    """Return whether an earlier run has drawn several answers to a seed."""
    return ALTERNATIVES in task.attributes


def writes_answers(stage: Stage) -> bool:
    """Return whether a stage gives the tasks of a recipe instances."""
    return isinstance(stage, Annotate) and stage.instances is not None


def takes(where: Mapping[str, Any], origin: str) -> bool:
    """Return whether tasks of an origin can be among those that a sampler takes."""
    of_origin = {"origin": origin, "is_human": origin == HUMAN}
    return all(where.get(key, value) == value for key, value in of_origin.items())


def attributes(stage: Stage, seeds: Pool) -> set[str]:
    """Return the attributes that the candidates of a stage have: what replies say, and in new tasks what is drawn."""
    if not isinstance(stage, ModelStage):
        return set()
    drawn = () if isinstance(stage, Annotate) else stage.preview(seeds, Random(0)).attributes
    return {*judged(stage), *drawn}


def judged(stage: ModelStage) -> list[str]:
    """Return the attributes that the replies of a stage fill, as its parser says."""
    parser = stage.prompt.parser
    return [*getattr(parser, "attributes", ()), *filter(None, [getattr(parser, "attribute", None)])]
