"""The embedders of the filters that compare vectors, each with the run's stored vectors before it.

Vectors are in `vectors.sqlite`, made as `completions.sqlite` is, and beside it: they belong to texts and to no round.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct.filters import VectorFilter
from selfinstruct.model import ModelClient
from selfinstruct.recipe import Stage
from selfinstruct.recipe.grow import Grow
from selfinstruct.storage.completions import Store
from selfinstruct.storage.recording import CachedModel, client_of
from selfinstruct.storage.vectors import VECTORS

if TYPE_CHECKING:
    from selfinstruct.run import Run

KEY_OF_MODEL = re.compile(r"(?<![\w/.=-])model\.(?=\w)")
"""How the keys of a model begin in a message, which are those of the embedder here."""


def filters_of(recipe: Mapping[str, Stage]) -> Iterator[tuple[str, str, VectorFilter]]:
    """Yield stage and name of each filter that compares vectors, with the filter."""
    for stage, one in recipe.items():
        for name, filter_ in one.filters.items():
            if isinstance(filter_, VectorFilter):
                yield stage, name, filter_


def embedder_problems(run: "Run") -> list[str]:
    """Report filters in a stage that has no round to embed at once, and embedders that could not answer."""
    found = []
    for stage, name, filter_ in filters_of(run.recipe):
        key = f"recipe.{stage}.filters.{name}"
        if not isinstance(run.recipe[stage], Grow):
            found.append(f"{key} compares new instructions, and {stage} makes none. Remove it: '~{key}'.")
        found += [KEY_OF_MODEL.sub(f"{key}.embedder.", text) for text in filter_.embedder.problems()]
    return found


def spelling_only(run: "Run") -> list[str]:
    """Return a sentence for each embedder that stands in for a real one, where the run's models do not."""
    return [
        f"recipe.{stage}.filters.{name} has the {filter_.embedder.name} embedder, which compares how instructions are"
        f" spelled and not what they mean. Choose one: embedder@recipe.{stage}.filters.{name}.embedder=openai"
        for stage, name, filter_ in filters_of(run.recipe)
        if not filter_.embedder.reads_meaning and not all(model.is_offline for model in run.models)
    ]


def embedders(recipe: Mapping[str, Stage], folder: Path, sessions: ExitStack) -> dict[str, dict[str, ModelClient]]:
    """Open the embedder of each such filter, by stage and filter; nothing is connected or loaded before the first text.

    Equal embedders share a session.
    """
    found: dict[str, dict[str, ModelClient]] = {name: {} for name in recipe}
    opened: list[CachedModel] = []
    store: Store | None = None
    for stage, name, filter_ in filters_of(recipe):
        store = store or sessions.enter_context(closing(Store(folder / VECTORS)))
        found[stage][name] = client_of(filter_.embedder, store, opened, sessions)
    return found
