"""One published method each, as a mapping of stages that run in the order written.

`Grow` appends tasks until the pool holds enough, `Annotate` completes tasks that lack something, and `Convert` makes
tasks of annotated rows without a model.  There is no other control flow: no graph, no branches, no columns.

To add one: `conf/recipe/<name>.yaml`, with its paper and every departure from it at the head, the paper's BibTeX entry
in `conf/recipe/<name>.bib`, and its prompts under `conf/prompt/<name>/`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, runtime_checkable

from selfinstruct.budget import BudgetTracker, Pricing
from selfinstruct.filters import Filter
from selfinstruct.metrics import Metric
from selfinstruct.model import Mode, Model, ModelClient, Replies
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.request import Request
from selfinstruct.round import Round, Sample
from selfinstruct.sampler import Sampler


@dataclass(frozen=True, kw_only=True)
class StageContext:
    """What a stage works with."""

    name: str
    """The name of the stage in its recipe."""
    pool: Pool
    model: ModelClient
    budget: BudgetTracker
    random_seed: int
    logged_rounds: Sequence[Mapping[str, Any]]
    """The figures of its committed rounds."""
    is_batched: bool = False
    """Whether all questions of the stage are asked at once, since their replies come together."""
    embedders: Mapping[str, ModelClient] = field(default_factory=dict)
    """The embedder of each of its filters that compares vectors."""


@runtime_checkable
class Stage(Protocol):
    """A named series of rounds."""

    @property
    def filters(self) -> Mapping[str, Filter]:
        """Return what its candidates must pass, in this order."""
        ...

    @property
    def target(self) -> int | None:
        """Return how many candidates it is to keep, where that is known beforehand."""
        ...

    def rounds(self, context: StageContext) -> Iterator[Round]:
        """Yield its rounds, each as soon as it is done."""
        ...


@runtime_checkable
class ModelStage(Stage, Protocol):
    """A stage that asks a model, with one sampler and one prompt."""

    @property
    def sampler(self) -> Sampler:
        """Return what draws the contents of its prompts."""
        ...

    @property
    def prompt(self) -> Prompt:
        """Return what it asks."""
        ...

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Return what is counted of its rounds."""
        ...

    @property
    def model(self) -> Model | None:
        """Return the model that it asks, if not the run's."""
        ...

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return what a prompt would show of a pool that holds only seeds; raises ValueError where they are too few."""
        ...


@runtime_checkable
class Reading(Stage, Protocol):
    """A stage that asks no model, and reads data of its own."""

    def problems(self) -> list[str]:
        """Return everything that is wrong in the data, found before anything is written."""
        ...


def asking(recipe: Mapping[str, Stage]) -> dict[str, ModelStage]:
    """Return the stages that ask a model."""
    return {name: stage for name, stage in recipe.items() if isinstance(stage, ModelStage)}


@dataclass(frozen=True)
class NullModel:
    """Stands for the model of a stage that asks none, or whose replies are stored already."""

    name: str = ""
    mode: Mode = "chat"

    def pricing(self) -> Pricing | None:
        """Return no price."""
        return None

    def complete(self, requests: Sequence[Request]) -> Replies:
        """Raise RuntimeError: it is never asked."""
        raise RuntimeError("a stage that asks no model has asked one")


def stream(random_seed: int, stage: str, number: int) -> Random:
    """Return the random stream of one round, which depends on these three values and on nothing else."""
    return Random(f"{random_seed}/{stage}/{number}")
