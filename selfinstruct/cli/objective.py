"""What a run's `summary.json` is to have, checked before it is paid for: mainly the figure that a sweeper optimizes.

The summary of a run that has done nothing has the same keys already, but for those that depend on what happens: they
are empty there, or stand in `LATER`.
"""

from collections.abc import Mapping
from typing import Any

from selfinstruct.errors import ConfigError
from selfinstruct.pool import Pool
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.summary import summarise
from selfinstruct.storage.totals import COUNTED, SPENT
from selfinstruct.text.verb_pairs import problems

LATER = ("scores", "training", "tasks.unanswered")
"""Keys that a summary has only where there is something to say."""


def check_summary(objective: str | None, start: RunInfo) -> None:
    """Raise ConfigError for a `spacy_model` that is not usable, and an objective that will not be a number."""
    if wrong := problems(start.spacy_model):
        raise ConfigError(wrong)
    if objective is None or any(objective == key or objective.startswith(f"{key}.") for key in LATER):
        return
    unused = {"requests": 0, **dict.fromkeys(SPENT, 0)}
    summary = summarise(start, Pool(), [], None, timings=[], unused=unused)
    if problem := missing(objective, summary):
        raise ConfigError([f"objective={objective}: {problem}"])


def missing(objective: str, summary: Mapping[str, Any]) -> str | None:
    """Return why an objective is not a number of a summary, if that is known."""
    found: Any = summary
    for key in objective.split("."):
        if isinstance(found, Mapping) and not found:
            return None  # it is filled while the run lasts
        if not isinstance(found, Mapping) or key not in found:
            keys = ", ".join(found) if isinstance(found, Mapping) else "none"
            return f"summary.json has no {key!r} there; it has: {keys}."
        found = found[key]
    if isinstance(found, str | bool | Mapping):
        return f"it is not a number in summary.json. Name one, such as {', '.join(COUNTED)}."
    return None
