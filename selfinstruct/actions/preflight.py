"""Name what is allowed in a config and probably a mistake, before anything is spent.

`plan` lists every such finding, `generate` prints those that matter when a run starts; none of them stops it.
"""

from collections.abc import Iterable, Mapping

from selfinstruct.budget import UNLIMITED, Budget
from selfinstruct.filters import Filter, NeighborFilter, VectorFilter
from selfinstruct.pool import Pool
from selfinstruct.recipe import Stage
from selfinstruct.recipe.grow import Grow
from selfinstruct.round import Candidate
from selfinstruct.sampler.topics import Topics
from selfinstruct.task import HUMAN

NOTABLE_SHARE = 0.1
"""Filters that reject this share of the seeds or more are named when a run starts; a few odd seeds are normal."""


def doubts(recipe: Mapping[str, Stage], pool: Pool, budget: Budget) -> list[str]:
    """Return what is named when a run starts or is resumed."""
    seeds = Pool(map(pool.__getitem__, pool.of(HUMAN)))
    return endless(recipe, budget) + rejected_seeds(recipe, seeds, NOTABLE_SHARE) + undrawn(recipe)


def endless(recipe: Mapping[str, Stage], budget: Budget) -> list[str]:
    """Return a sentence for each stage that would ask forever a model that has nothing new to say."""
    return [
        f"recipe.{name} would never end if the model wrote nothing new: saturation is null and there is no budget. "
        f"Set recipe.{name}.saturation, or budget.requests, budget.tokens, budget.usd or budget.minutes."
        for name, stage in recipe.items()
        if isinstance(stage, Grow) and stage.generations is None and stage.saturation is None and budget == UNLIMITED
    ]


def rejected_seeds(recipe: Mapping[str, Stage], seeds: Pool, least_share: float = 0.0) -> list[str]:
    """Return a sentence for each filter of instructions, unless it compares, that rejects this share of the seeds."""
    found = []
    for name, stage in recipe.items():
        for key, filter_ in stage.filters.items() if isinstance(stage, Grow) else ():
            rejected = [] if isinstance(filter_, NeighborFilter | VectorFilter) else list(rejections(filter_, seeds))
            if rejected and len(rejected) >= least_share * len(seeds):
                key, (first, reason) = f"recipe.{name}.filters.{key}", rejected[0]
                found.append(
                    f"{key} would reject {len(rejected)} of the {len(seeds)} seeds themselves ({first}: {reason}), so"
                    f" the run would keep nothing like them. Change the values of {key} (--cfg job shows them), or"
                    f" leave it out: '~{key}'."
                )
    return found


def undrawn(recipe: Mapping[str, Stage]) -> list[str]:
    """Return a sentence for each text about a topic or a persona that the sampler does not have, misspelled perhaps."""
    return [
        f"recipe.{name}.prompt.values.{kind}.{key} is never shown: recipe.{name}.sampler.{kind} has no {key!r}"
        f" (there are: {', '.join(drawn) or 'none'})."
        for name, stage in recipe.items()
        if isinstance(stage, Grow) and isinstance(stage.sampler, Topics)
        for kind, drawn in (("topics", stage.sampler.topics), ("personas", stage.sampler.personas))
        if isinstance(said := stage.prompt.values.get(kind), Mapping)
        for key in said
        if key not in drawn
    ]


def rejections(filter_: Filter, seeds: Pool) -> Iterable[tuple[str, str]]:
    """Yield the id of each seed that a filter would reject, with the reason."""
    for seed in seeds:
        candidate = Candidate(seed.instruction, seed.is_classification, seed.instances or ())
        if reason := filter_.reject(candidate, seeds):
            yield seed.id, reason
