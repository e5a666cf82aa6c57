"""What a model is scored on inside a run: tasks with references, and the stages that answer and judge them.

A benchmark is a recipe of its own as well (`recipe=superni`); here it stands beside the recipe of a run, which
`actions=[…, evaluate]` has answered in a folder below the run's.

To add one: `conf/recipe/stages/<name>.yaml` with its stages, and `conf/benchmarks/<name>.yaml`, which names them and
the seeds.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from selfinstruct.model import Model
from selfinstruct.recipe import Stage
from selfinstruct.seeds import Seeds

FOLDER = "benchmarks"
"""The folder of a run that holds the run of each benchmark."""
TUNED, BASE = "tuned", "base"
"""Which model of a training answers a benchmark; the name of its folder ends so: `superni_tuned`."""


@runtime_checkable
class Benchmark(Protocol):
    """What a model is scored on."""

    @property
    def seeds(self) -> Seeds:
        """The tasks, with their references."""
        ...

    @property
    def recipe(self) -> Mapping[str, Stage]:
        """The stages, in the order run."""
        ...

    @property
    def model(self) -> Model | None:
        """The model that answers, if not the run's."""
        ...
