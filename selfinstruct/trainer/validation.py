"""Which rows are held out to validate on: whole instructions, drawn by the seed."""

from collections.abc import Sequence
from random import Random

from selfinstruct.errors import DataError
from selfinstruct.trainer.rows import Example

ONE_INSTRUCTION = "All rows have one instruction, so none can be held out. Set trainer.validation_share=0."


def divided(examples: Sequence[Example], share: float, random_seed: int) -> tuple[list[int], list[int]]:
    """Return the places of the rows to train on and of those to validate on, in order.

    No instruction is on both sides: all rows of one go together.  At least one instruction is on either side, or
    DataError is raised, and no more rows are held out than the share says, unless one instruction has more.  A share of
    0 holds out none.
    """
    everything = list(range(len(examples)))
    if share == 0:
        return everything, []
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(examples):
        groups.setdefault(one.instruction, []).append(place)
    if len(groups) < 2:
        raise DataError([ONE_INSTRUCTION])
    out = set(drawn(groups, share * len(examples), random_seed))
    return [place for place in everything if place not in out], sorted(out)


def drawn(groups: dict[str, list[int]], most: float, random_seed: int) -> list[int]:
    """Return the rows of some instructions: no more than `most` rows, or those of the instruction with the fewest."""
    names = sorted(groups)
    Random(f"{random_seed}/validation").shuffle(names)
    found: list[int] = []
    for name in names:
        if len(found) + len(groups[name]) <= most:
            found += groups[name]
    return found or groups[min(names, key=lambda name: len(groups[name]))]
