"""What is said of a run whose text was made by a stand-in for a model, wherever it is logged."""

from collections.abc import Iterable

from selfinstruct.task import OFFLINE, SCRIPTED, stand_ins

NOTICES = {
    OFFLINE: "OFFLINE: the text of this run is made by the offline grammar, not by a model. "
    "Use it to try the program, never as data.",
    SCRIPTED: "SCRIPTED: the replies of this run were prepared beforehand, and are not a model's. "
    "Use them to try a recipe, never as data.",
}
"""What is printed of a run by a stand-in for a model."""


def notices(models: Iterable[str]) -> list[str]:
    """Return what must be said of the models of a run."""
    return [NOTICES[name] for name in stand_ins(models)]
