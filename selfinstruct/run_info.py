"""What is known of a run before it starts; trackers get it, and the summary repeats it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfinstruct.round import Round


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What a tracker gets when a run starts."""

    folder: Path
    name: str
    """Short, made of the folder and the overrides."""
    group: str | None
    """The sweep this run belongs to, if any."""
    recipe: str
    job_type: str
    """The actions, joined."""
    config: dict[str, Any]
    """The config as composed, plain values."""
    declared: dict[str, Any]
    """The config with its interpolations as written, so that it is the same on every machine."""
    overrides: tuple[str, ...] = ()
    """What was overridden on the command line, as typed."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """The flags by which the config was composed, paths absolute."""
    is_own: bool = True
    """Whether all overrides and flags are the user's own, and none came with someone else's folder or capsule."""
    citation: str = ""
    """The BibTeX entry of the recipe's paper; empty without one."""
    settings_of: Callable[[str], Mapping[str, Any]] = lambda name: {}
    """Gives the dotted keys of a recipe with their values in an experiment, by its name."""
    spacy_model: str | None = None
    """A model of spaCy, a package or a folder, that finds the verbs and nouns of its figures; None for our rule."""
    models: tuple[str, ...] = ()
    """The name of every model that the run asks; set by the run."""
    is_offline: bool = False
    """Whether any of them stands in for a model, and its text is not a model's; set by the run."""
    makes_rounds: bool = True
    """Whether rounds may be made and logged; where not, what was logged before stays; set by the run."""
    begin: Callable[[], None] = lambda: None
    """Called when a run that makes rounds, or trains, has opened its folder, before it logs anything."""
    report_seconds: float = 60.0
    """Seconds without a round after which the log reports what is under way."""
    logged_rounds: Callable[[], Iterable[Round]] = tuple
    """Yields the rounds that were committed before, for a tracker that needs them all; set by the run."""
    logged_steps: Callable[[], Iterable[Mapping[str, Any]]] = tuple
    """Yields the lines of `training.jsonl` so far, for a tracker that needs them all; set by the run."""
    targets: dict[str, int | None] = field(default_factory=dict)
    """Stage to the number of tasks that it is to keep, where that is known."""

    @property
    def model_names(self) -> str:
        """Return the models in one text."""
        return ", ".join(self.models) or "no model"
