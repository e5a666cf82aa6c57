"""What is known of a run when it is described to others: the card, the paragraph and the citations are made of it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.card.bibliography import Paper, paper_in
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.summary import authors, digest, git, seed_writers, tasks, totals, versions
from selfinstruct.task import HUMAN, stand_ins

if TYPE_CHECKING:
    from selfinstruct.pool import Pool
    from selfinstruct.run import Run

OWN_SEEDS = ("${conf:seeds/seed_tasks.jsonl}", "${conf:seeds/instruction_induction}")
OWN_LICENSE = "Apache-2.0"
NOT_STATED = "not stated"
HIDDEN = ("_target_", "template", "system", "few_shot", "model")
"""Keys of a stage that are not hyperparameters."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What only the author of a dataset can state."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    license: str | None = None
    seeds_license: str | None = None

    @classmethod
    def of(cls, action: object) -> "Stated":
        """Return what an action was given, by the names of its fields."""
        return cls(**{name: getattr(action, name) for name in cls.__dataclass_fields__ if hasattr(action, name)})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A run as it is described to others."""

    recipe: str
    stated: Stated
    models: list[str]
    random_seed: int
    declared: dict[str, Any]
    """The config with its interpolations as they were written."""
    resolved: dict[str, Any]
    """The config, plain values."""
    figures: dict[str, Any]
    """Totals of the run."""
    stages: dict[str, dict[str, Any]]
    """The same of each stage."""
    tasks: dict[str, Any]
    dataset: dict[str, int]
    """File to rows."""
    hashes: dict[str, str]
    """File to the SHA-256 of its content."""
    replies: int | None
    """How many are published with the dataset; None where they are not."""
    software: dict[str, Any]
    """Versions of the packages, and the state of the code."""
    paper: Paper | None = None
    """The paper of the recipe, where one is known."""
    examples: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Stage to the mean number of seeds and of generated tasks in the prompts of kept tasks, where it is known."""
    seed_writers: Counter[str] = field(default_factory=Counter)
    """Author to the number of seeds that they wrote."""

    @property
    def is_offline(self) -> bool:
        """Whether a stand-in for a model wrote any of the text."""
        return bool(stand_ins(self.models))

    @property
    def version(self) -> str | None:
        """The version of this program."""
        found: str | None = self.software["versions"].get("selfinstruct")
        return found

    @property
    def title(self) -> str:
        """The title of the dataset; recipe and models where none is stated."""
        by = f" by {', '.join(self.models)}" if self.models else ""
        return self.stated.title or f"{self.recipe}{by}"

    @property
    def has_shipped_seeds(self) -> bool:
        """Whether the seeds are those that come with the program."""
        return bool(self.declared["seeds"].get("path") in OWN_SEEDS)

    @property
    def seeds_license(self) -> str:
        """The license of the seeds, where it is known."""
        return self.stated.seeds_license or (OWN_LICENSE if self.has_shipped_seeds else NOT_STATED)

    @property
    def seeds_origin(self) -> str:
        """Where the seeds come from, as far as the config says."""
        if self.has_shipped_seeds:
            return "the seed tasks that come with selfinstruct, written for it"
        whose = " of the run's author" if set(self.seed_writers) <= {HUMAN} else ", not all of them a person's work"
        return f"seed tasks{whose} ({file_name(self.declared['seeds'].get('path', NOT_STATED))})"


def file_name(path: str) -> str:
    """Return the last part of a path, without the folders of one machine; a reference to another key stays whole."""
    return path if path.startswith("${") and path.endswith("}") else re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def facts_of(
    run: "Run", stated: Stated, dataset: dict[str, int], hashes: dict[str, str], replies: int | None = None
) -> Facts:
    """Return what is known of a run whose dataset has these rows and hashes by file."""
    return Facts(
        recipe=run.start.recipe,
        stated=stated,
        models=authors(run.pool),
        random_seed=run.random_seed,
        declared=run.start.declared,
        resolved=run.start.config,
        figures=totals(run.journal.rounds),
        stages={name: totals(run.journal.of(name)) for name in run.recipe},
        tasks=tasks(run.pool),
        dataset=dataset,
        hashes=hashes,
        replies=replies,
        software={"versions": versions(), "git": git()},
        paper=paper_in(run.start.citation),
        examples=examples(run.pool),
        seed_writers=Counter() if run.pool.is_shelved else seed_writers(run.pool),
    )


def examples(pool: "Pool") -> dict[str, tuple[float, float]]:
    """Return how many seeds and generated tasks the prompts of each stage showed on average.

    A prompt is known by its parents, which the tasks that it led to record; a prompt counts once.
    """
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for task in () if pool.is_shelved else pool:
        if task.parents and all(parent in pool for parent in task.parents):
            seeds = sum(pool[parent].is_human for parent in task.parents)
            counts.setdefault(task.origin, {})[task.request] = (seeds, len(task.parents) - seeds)
    return {
        stage: (mean([seeds for seeds, _ in found.values()]), mean([made for _, made in found.values()]))
        for stage, found in counts.items()
    }


def hyperparameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaves of a recipe that are numbers, switches and choices, not texts."""
    found = config.get("recipe")
    values = dict(leaves(found, "recipe")) if found is not None else dict(config)
    return {key: value for key, value in values.items() if not set(key.split(".")) & set(HIDDEN)}


def prompts_of(facts: Facts, overrides: list[str]) -> dict[str, dict[str, str]]:
    """Return for each stage the hash of its prompt, and its license: ours where nothing of it was overridden."""
    found = {}
    for name, stage in facts.declared["recipe"].items():
        is_own = not any(f"recipe.{name}.prompt" in word for word in overrides)
        found[name] = {
            "sha256": digest(repr(sorted(leaves(stage.get("prompt")))).encode()),
            "license": OWN_LICENSE if is_own else NOT_STATED,
        }
    return found


def provenance(facts: Facts, overrides: list[str], seeds: str, results: Mapping[str, str]) -> dict[str, Any]:
    """Return what a capsule is made of, with hashes; `seeds` is the hash of `seeds.jsonl`."""
    return {
        "software": {"name": "selfinstruct", **facts.software},
        "recipe": facts.recipe,
        "models": facts.models,
        "is_offline": facts.is_offline,
        "random_seed": facts.random_seed,
        "seeds": {
            "file": "seeds.jsonl",
            "tasks": facts.tasks["seeds"],
            "sha256": seeds,
            "origin": facts.seeds_origin,
            "authors": dict(facts.seed_writers),
            "license": facts.seeds_license,
        },
        "prompts": prompts_of(facts, overrides),
        "replies": facts.replies,
        "figures": facts.figures,
        "stages": facts.stages,
        "tasks": facts.tasks,
        "dataset": facts.dataset,
        "results": dict(results),
    }
