"""Tasks and their instances: frozen data that imports nothing of ours.

`instances` is None until a stage has made some; a stage that gives a task up is one of its `failed_stages`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Annotated, Any, cast

from pydantic import Field

HUMAN = "human"
"""The origin of seeds: the tasks that a run started from.  A person wrote them, unless their `models` say otherwise."""
SEEDS = "seeds"
"""The key of `models`, itself or before a slash, under which a seed records who wrote it before the run began."""
UNKNOWN = "unknown"
"""Stands for the model that wrote a seed where its source does not say who did, so that it passes for nobody's."""
OFFLINE = "offline"
"""The name of the grammar that stands in for a model; tasks that it wrote record it, so that no text passes for a
model's."""
SCRIPTED = "scripted"
"""The name of a file of prepared replies that stands in for a model."""
UNANSWERED = "unanswered"
"""The attribute of a task that has the inputs given up, with the reasons."""
ALTERNATIVES = "alternatives"
"""The attribute of a task that has every answer to the same question (`selfinstruct.recipe.alternatives`)."""
REJECTED = "rejected"
"""The attribute of an answered task that a filter rejected by a judge's verdict: the judge's stage to the filter."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One input and the output that is right for it; tasks that need no input have an empty one."""

    input: str
    output: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An input that a benchmark asks about, and every output that is right for it."""

    input: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """An instruction, what is known of it, and where it came from."""

    id: str
    """Unique in its pool."""
    origin: str
    """`human` for a seed, else the name of the stage that made it."""
    instruction: str
    is_classification: bool | None = None
    """Whether its outputs come from a small fixed set of labels; None while nobody has said."""
    instances: tuple[Instance, ...] | None = None
    parents: tuple[str, ...] = ()
    """The ids of the tasks that the prompt showed when this one was written."""
    round: int = 0
    """The round of its stage in which it was made; 0 for seeds."""
    request: str = ""
    """The id of the request whose reply it was read from."""
    most_similar: tuple[tuple[str, float], ...] = ()
    """The ids and ROUGE-L F scores of its nearest neighbors in the pool it entered, nearest first."""
    average_similarity: float | None = None
    """The mean ROUGE-L F score with every task of the pool it entered."""
    models: dict[str, str] = field(default_factory=dict)
    """Stage to the name of the model that wrote what the stage added."""
    failed_stages: Annotated[dict[str, str], Field(alias="gave_up")] = field(default_factory=dict)
    """Stage to reason, for each stage that could not complete this task; `gave_up` in `pool.jsonl`."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """What is known of it beside, as JSON: by which operation it was made, say, or how a judge rates it."""
    references: tuple[Reference, ...] = ()
    """What its answers are compared with, where it is a task of a benchmark. No prompt sees them here: a judge that is
    to see them is shown them by its sampler."""

    @property
    def is_human(self) -> bool:
        """Return whether the run started from it."""
        return self.origin == HUMAN

    @property
    def is_answered(self) -> bool:
        """Return whether it has instances."""
        return bool(self.instances)

    @property
    def is_rejected(self) -> bool:
        """Return whether it has instances, but a judge's verdict keeps it out of the dataset."""
        return REJECTED in self.attributes

    @property
    def unanswered(self) -> Mapping[str, str]:
        """Return the inputs for which a stage could not complete it, with the reasons."""
        return cast(dict[str, str], self.attributes.get(UNANSWERED, {}))

    @property
    def text(self) -> str:
        """Return what it asks as one text: the instruction, and after an empty line the input of its first instance."""
        given = self.instances[0].input if self.instances else ""
        return f"{self.instruction}\n\n{given}" if given.strip() else self.instruction

    @property
    def writers(self) -> tuple[str, ...]:
        """Return who wrote a seed, wholly or in part: models, or `unknown`; empty for a person's work."""
        found = (name for stage, name in self.models.items() if stage.partition("/")[0] == SEEDS)
        return tuple(dict.fromkeys(found)) if self.is_human else ()

    @property
    def is_touched(self) -> bool:
        """Return whether a model wrote any of it in this run."""
        return any(not (self.is_human and stage.partition("/")[0] == SEEDS) for stage in self.models)

    def row(self) -> dict[str, Any]:
        """Return the task as a line of `pool.jsonl`."""
        row: dict[str, Any] = {
            "id": self.id,
            "origin": self.origin,
            "instruction": self.instruction,
            "is_classification": self.is_classification,
            "instances": None
            if self.instances is None
            else [{"input": instance.input, "output": instance.output} for instance in self.instances],
            "parents": list(self.parents),
            "round": self.round,
            "request": self.request,
            "most_similar": [list(pair) for pair in self.most_similar],
            "average_similarity": self.average_similarity,
            "models": self.models,
            "gave_up": self.failed_stages,
        }
        if self.attributes:
            row["attributes"] = self.attributes
        if self.references:
            row["references"] = [{"input": one.input, "outputs": list(one.outputs)} for one in self.references]
        return row

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Task":
        """Return the task that `row()` wrote; ids, which stand in many tasks, are held in memory once."""
        instances = row["instances"]
        return cls(
            id=intern(row["id"]),
            origin=intern(row["origin"]),
            instruction=row["instruction"],
            is_classification=row["is_classification"],
            instances=None if instances is None else tuple(Instance(**instance) for instance in instances),
            parents=tuple(map(intern, row["parents"])),
            round=row["round"],
            request=row["request"],
            most_similar=tuple((intern(name), score) for name, score in row["most_similar"]),
            average_similarity=row["average_similarity"],
            models=row["models"],
            failed_stages=row["gave_up"],
            attributes=row.get("attributes", {}),
            references=tuple(Reference(one["input"], tuple(one["outputs"])) for one in row.get("references", ())),
        )


def stand_ins(models: Iterable[str]) -> list[str]:
    """Return those of some names that stand in for a model, and whose text is not a model's."""
    return [name for name in models if name in (OFFLINE, SCRIPTED)]
