"""A benchmark whose tasks are answered, and perhaps judged, stage by stage."""

from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.recipe import Stage
from selfinstruct.seeds import Seeds


@part
class Answered:
    """Tasks with references, and the stages that answer them."""

    seeds: Seeds
    """The tasks."""
    recipe: dict[str, Stage]
    """The stages, in the order run."""
    model: Model | None
    """The model that answers; null for the run's."""
