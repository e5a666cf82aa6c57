"""Turn the rounds of a run into the rows of its W&B history.

W&B draws every key against one step, and puts the lines of several runs into one panel.  So the figures of a round
stand under the name of its stage (`instructions/kept_share`), with the number of the round as their step
(`instructions/round`).  The totals stand under plain names (`kept`, `tokens`, `cost_usd`, `pool`, `seconds`), with the
number of requests as their step, because that is what a method costs whatever the size of its rounds.

A filter that has rejected something before gets a 0 in a round in which it rejects nothing, so that its line falls.
A figure that is unknown is left out, since W&B would take null for a text; so is text, which has no plot.

`<stage>/novelty` is a histogram of the ROUGE-L F of each new instruction with its nearest task.  It counts kept tasks
and what `similarity` rejected, so that the threshold shows as an edge, and its bins are the same in every round and
run.  A run whose filter does not measure what it keeps has none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.round import ROUGE_L, Round

STEP = "requests"
"""The step of the totals."""
TOTALS = ("kept", "pool", "tokens", "cost_usd", "seconds")
"""What a run has come to after a round."""
BINS = 20
"""Bins of a novelty histogram, from 0 to 1."""


class History:
    """Counts what came before, so that each round has its totals; it must be given every round once, in order."""

    def __init__(self) -> None:
        self._totals: dict[str, float | None] = {STEP: 0, "kept": 0, "tokens": 0, "cost_usd": 0.0, "seconds": 0.0}
        self._filters: dict[str, dict[str, int]] = {}

    def row(self, round_: Round) -> dict[str, Any]:
        """Return the figures of a round under its stage, and the totals after it."""
        figures = {f"{round_.stage}/{name}": value for name, value in self._figures(round_).items()}
        return {**known(figures), **known(self._after(round_))}

    def _figures(self, round_: Round) -> dict[str, Any]:
        row = {name: value for name, value in round_.row().items() if not name.startswith("bytes/")}
        rejected = {name: value for name, value in row.items() if name.startswith("rejected/")}
        zeros = self._filters.setdefault(round_.stage, {})
        zeros.update(dict.fromkeys(rejected, 0))
        share = round_.kept / round_.candidates if round_.candidates else None
        scores = nearest(round_)
        mean = sum(scores) / len(scores) if scores else None
        return {**row, **zeros, **rejected, "kept_share": share, "nearest": mean, "seconds": round(round_.seconds, 3)}

    def _after(self, round_: Round) -> dict[str, float | None]:
        prompt, completion = round_.prompt_tokens, round_.completion_tokens
        tokens = None if prompt is None or completion is None else prompt + completion
        added = {"kept": round_.kept, "tokens": tokens, "cost_usd": round_.cost_usd, "seconds": round_.seconds}
        for name, value in {STEP: round_.asked, **added}.items():
            before = self._totals[name]
            self._totals[name] = None if before is None or value is None else before + value
        return {**self._totals, "pool": round_.pool}


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers among some values."""
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def nearest(round_: Round) -> list[float]:
    """Return the ROUGE-L F of each new instruction with its nearest task; empty where kept ones were not measured."""
    made = [task for task in round_.tasks if (task.origin, task.round) == (round_.stage, round_.number)]
    kept = [task.most_similar[0][1] for task in made if task.most_similar]
    if made and not kept:
        return []
    return kept + [item.nearest[1] for item in round_.rejections if item.nearest and item.score == ROUGE_L]


def counts(scores: list[float]) -> tuple[list[int], list[float]]:
    """Return how many scores lie in each bin, and the edges of the bins."""
    found = [0] * BINS
    for score in scores:
        found[min(int(score * BINS), BINS - 1)] += 1
    return found, [edge / BINS for edge in range(BINS + 1)]


def trained(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of `training.jsonl` under the names that it has in W&B."""
    return {f"train/{name}": value for name, value in row.items()}


def metrics(stage: str) -> Iterator[dict[str, str]]:
    """Yield what W&B must know of the keys of a stage, as arguments of `define_metric`."""
    yield {"name": f"{stage}/round", "summary": "none"}
    yield {"name": f"{stage}/*", "step_metric": f"{stage}/round", "summary": "none"}


TOTALS_METRICS = ({"name": STEP}, *({"name": name, "step_metric": STEP} for name in TOTALS))
"""The same of the totals."""
TRAINING_METRICS = ({"name": "train/step"}, {"name": "train/*", "step_metric": "train/step"})
"""The same of a training."""
