"""Count what became of each operation of Evol-Instruct (Xu et al., 2023, section 2.2), generation by generation.

In a stage that completes tasks the operation is that by which the task was made.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Round


@part
class Operations:
    """Counts requests, kept and rejected by generation and operation."""

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, int]:
        """Return `operations/<generation>/<operation>/asked`, `…/kept` and `…/rejected/<filter>`."""
        return dict(sorted(Counter(counted(round_, pool)).items()))


def counted(round_: Round, pool: Pool) -> Iterator[str]:
    """Yield what each piece of the round counts under."""
    for sample in round_.samples:
        yield from under(sample.task.attributes if sample.task else sample.attributes, "asked")
    for task in round_.tasks:
        if round_.stage not in task.failed_stages:
            yield from under(task.attributes, "kept")
    for rejection in round_.rejections:
        known = rejection.attributes if rejection.task is None else pool[rejection.task].attributes
        yield from under(known, f"rejected/{rejection.filter}")


def under(attributes: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield the name for what these attributes belong to; nothing where they tell of no operation."""
    if "operation" in attributes:
        yield f"operations/{attributes.get('generation', 1)}/{attributes['operation']}/{name}"
