"""What is known of a run when it is described to others: the card, the paragraph and the citations are made of it."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.comparison.figures import CONTAMINATION, OVERLAP
from selfinstruct.actions.score import is_judge
from selfinstruct.metrics.quality import Quality
from selfinstruct.metrics.table import Line
from selfinstruct.recipe import asking
from selfinstruct.storage import provenance
from selfinstruct.storage.coverage import coverage
from selfinstruct.storage.environment import git, versions
from selfinstruct.storage.pool_counts import authors, tasks
from selfinstruct.storage.totals import totals
from selfinstruct.task import stand_ins

if TYPE_CHECKING:
    from selfinstruct.run import Run

ENTRY = re.compile(r"@\w+\s*\{\s*[^\s,{}]+\s*,.*?(?=^@|\Z)", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"(\w+)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\"([^\"]*)\"|(\d+))")
OURS = re.compile(r"^\s*(?:shorttitle|experiment)\s*=.*\n", re.MULTILINE)
"""Fields that are not part of a citation."""


@dataclass(frozen=True)
class Stated:
    """What only the author of a dataset can state."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    license: str | None = None
    seeds_license: str | None = None


class Facts:
    """A run as it is described to others; its dataset has these rows and hashes by file."""

    def __init__(
        self, run: "Run", stated: Stated, dataset: dict[str, int], hashes: dict[str, str], replies: int | None = None
    ) -> None:
        """Take what is known of a run; `replies` are published with it, None for none."""
        self.stated, self.dataset, self.hashes, self.replies = stated, dataset, hashes, replies
        self.recipe, self.random_seed = run.start.recipe, run.random_seed
        self.declared, self.resolved = run.start.declared, run.start.config
        self.judges = judges_of(run)
        self.models, self.tasks = [one for one in authors(run.pool) if one not in self.judges], tasks(run.pool)
        self.coverage = coverage(self.resolved, run.pool)
        self.judged = judged_in(run)
        """The shares and the mean rating of the generated tasks, and who judged them; None without a judge."""
        self.overlap = run.scores.get(CONTAMINATION, {}).get(OVERLAP)
        """The share of it that overlaps with benchmarks; None where nobody has looked."""
        self.figures = totals(run.journal.rounds)
        self.stages = {name: totals(run.journal.of(name)) for name in run.recipe}
        self.software = {"versions": versions(), "git": git()}
        self.paper = paper_in(run.start.citation)
        self.seed_writers = provenance.seed_writers(run.pool)
        """Author to the number of seeds that they wrote."""

    @property
    def version(self) -> str:
        """The version of this program."""
        return str(self.software["versions"].get("selfinstruct"))

    @property
    def is_offline(self) -> bool:
        """Whether a stand-in for a model wrote any of the text."""
        return bool(stand_ins(self.models))

    @property
    def title(self) -> str:
        """The title of the dataset; recipe and models where none is stated."""
        by = f" by {', '.join(self.models)}" if self.models else ""
        return self.stated.title or f"{self.recipe}{by}"

    @property
    def seeds_license(self) -> str:
        """The license of the seeds, where it is known."""
        return provenance.license_of(self.declared["seeds"], self.stated.seeds_license)

    @property
    def seeds_origin(self) -> str:
        """Where the seeds come from, as far as the config says."""
        return provenance.origin_of(self.declared["seeds"], self.seed_writers)

    def provenance(self, seeds: str, results: dict[str, str]) -> dict[str, Any]:
        """Return what a capsule is made of, with hashes; `seeds` is the hash of `seeds.jsonl`."""
        return {
            "software": {"name": "selfinstruct", **self.software},
            "recipe": self.recipe,
            "models": self.models,
            **({"judges": self.judges} if self.judges else {}),
            "is_offline": self.is_offline,
            "random_seed": self.random_seed,
            "seeds": {
                "file": "seeds.jsonl",
                "tasks": self.tasks["seeds"],
                "sha256": seeds,
                "origin": self.seeds_origin,
                "authors": dict(self.seed_writers),
                "license": self.seeds_license,
            },
            "replies": self.replies,
            "results": results,
        }


def judges_of(run: "Run") -> list[str]:
    """Return the models that judged tasks, and wrote nothing that is in them."""
    judging = {name for name, stage in asking(run.recipe).items() if is_judge(stage)}
    wrote = (
        []
        if run.pool.is_shelved
        else [(one in judging, name) for task in run.pool for one, name in task.models.items()]
    )
    writers = {name for judges, name in wrote if not judges}
    return list(dict.fromkeys(name for judges, name in wrote if judges and name not in writers))


def judged_in(run: "Run") -> tuple[Line, list[str]] | None:
    """Return what was found of the generated tasks, and by which models; None where no judge was asked."""
    for name, stage in asking(run.recipe).items():
        for metric in stage.metrics.values():
            if isinstance(metric, Quality) and (lines := metric.lines(run.pool)):
                return lines[0], list(dict.fromkeys(task.models[name] for task in run.pool if name in task.models))
    return None


@dataclass(frozen=True)
class Paper:
    """A paper as it is cited."""

    entry: str
    """Its BibTeX entry."""

    @property
    def authors(self) -> list[tuple[str, str]]:
        """The family name and the given names of each author."""
        names = [name.partition(",") for name in self["author"].split(" and ") if name]
        return [(family.strip(), given.strip()) for family, _, given in names]

    @property
    def method(self) -> str:
        """How a sentence names the method: its short title, the first author and the year."""
        name = self["shorttitle"] or self["title"].partition(":")[0]
        families = [family for family, _ in self.authors]
        by = f"{families[0]} et al." if len(families) > 2 else " and ".join(families)
        return f"{name} ({by}, {self['year']})"

    def __getitem__(self, name: str) -> str:
        fields = {key: "".join(values) for key, *values in FIELD.findall(self.entry)}
        return fields.get(name, "").strip("{}")


def paper_in(text: str) -> Paper | None:
    """Return the first entry of a BibTeX file; None without one."""
    entry = ENTRY.search(text)
    return Paper(entry[0].strip()) if entry else None
