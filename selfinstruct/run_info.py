"""What is known of a run before it begins; trackers are told it, and the summary repeats it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfinstruct.round import Round


def nothing() -> None:
    """Do nothing."""


def nowhere(name: str) -> dict[str, Any]:
    """Return no settings."""
    return {}


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What a tracker is told when a run begins."""

    folder: Path
    name: str
    """Short, made of the folder and of what was overridden."""
    group: str | None
    """The sweep this run belongs to, if any."""
    recipe: str
    job_type: str
    """The actions, joined."""
    config: dict[str, Any]
    """The config as composed, plain values."""
    declared: dict[str, Any]
    """The config with its interpolations as they were written, so that it is the same on every machine."""
    overrides: tuple[str, ...] = ()
    """What was overridden on the command line, as typed."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """The flags by which the config was composed, paths absolute."""
    is_own: bool = True
    """Whether the words and flags are the user's, none taken over from the folder or the capsule of somebody else."""
    citation: str = ""
    """The BibTeX entry of the recipe's paper; empty where there is none."""
    settings_of: Callable[[str], Mapping[str, Any]] = nowhere
    """Gives the dotted keys of a recipe with their values in an experiment, by its name."""
    models: tuple[str, ...] = ()
    """Every model the run asks, by name; the run fills it in."""
    is_offline: bool = False
    """Whether any of them is the offline grammar, whose text must never pass for a model's; the run fills it in."""
    makes_rounds: bool = True
    """Whether rounds may be made and logged; where not, what was logged before stays; the run fills it in."""
    begin: Callable[[], None] = nothing
    """Called when a run that makes rounds has opened its folder, before its first line of log."""
    report_seconds: float = 60.0
    """After how many seconds without a round it is reported what is under way."""
    past: Callable[[], Iterable[Round]] = tuple
    """The rounds that were committed before, for a tracker that must know them all; the run fills it in."""
    targets: dict[str, int | None] = field(default_factory=dict)
    """Stage to the number of tasks it is to keep, where that is known."""

    @property
    def model_names(self) -> str:
        """The models in one text, for a person."""
        return ", ".join(self.models) or "no model"
