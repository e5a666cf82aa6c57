"""How near new instructions are to those before, as in figure 5 of Self-Instruct (Wang et al., 2023)."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct.filters.meaning import nearest_by_meaning
from selfinstruct.filters.pairwise_rouge import highest
from selfinstruct.filters.tokens import unicode
from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, stacked
from selfinstruct.pages.figures.settings import growing, number, part
from selfinstruct.storage.diversity import LONGEST, MEASURED, even
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

BINS = 40
PAIRS = 10_000_000
"""So many pairs of texts at most are compared where no filter has stored the nearest task."""
KEPT, REJECTED = "kept", "rejected as too near"
MEANING = "task by meaning"
COLOR = {KEPT: COLORS[2], REJECTED: COLORS[1]}


class Scores(NamedTuple):
    """The ROUGE-L F of some instructions with the nearest one of others."""

    of: str
    """What became of the instructions."""
    to: str
    """`task` or `seed`, by ROUGE-L, or `task by meaning`, by the cosine."""
    values: Sequence[float]
    total: int
    """How many instructions there are; of many, an even sample is measured."""


def figure(run: RunReader) -> Figure | None:
    """Return how near the tasks that were made are to others, and what was rejected for being too near."""
    found = [scores for scores in scores_of(run) if scores.values]
    if not found:
        return None
    kinds = list(dict.fromkeys(scores.to for scores in found))
    thresholds = {kind: threshold_of(run, "meaning" if kind == MEANING else "similarity") for kind in kinds}
    counts = [histogram(scores.values) for scores in found]

    def draw(canvas: "Canvas") -> None:
        edges = [place / BINS for place in range(BINS + 1)]
        for axes, kind in zip(stacked(canvas, len(kinds)), kinds, strict=True):
            for scores, heights in zip(found, counts, strict=True):
                if scores.to == kind:
                    shares = [100 * height / len(scores.values) for height in heights]
                    is_kept = scores.of == KEPT
                    axes.stairs(shares, edges, fill=is_kept, color=COLOR[scores.of], linewidth=0 if is_kept else 1.5)
            if (threshold := thresholds[kind]) is not None:
                axes.axvline(threshold, linestyle="--", linewidth=1, color=COLORS[3])
            axes.set_xlim(0, 1)
            axes.set_ylim(0)
            axes.locator_params(axis="y", nbins=4)
            axes.set_xlabel(f"{'cosine' if kind == MEANING else 'ROUGE-L'} to the nearest {kind}")
        canvas.supylabel("instructions, %", size=9)
        colors = {scores.of: COLOR[scores.of] for scores in found}
        known = " and ".join(dict.fromkeys(f"{one:g}" for one in thresholds.values() if one is not None))
        legend(canvas, {**colors, f"threshold {known}": COLORS[3]} if known else colors)

    return Figure(
        name="novelty",
        title="How new the instructions are",
        caption=caption(found),
        head=["from", "to", *(f"{scores.of}: nearest {scores.to}" for scores in found)],
        rows=[[place / BINS, (place + 1) / BINS, *heights] for place, heights in enumerate(zip(*counts, strict=True))],
        draw=draw,
        height=0.5 + 1.3 * len(kinds),
    )


def scores_of(run: RunReader) -> list[Scores]:
    """Return the scores of what was kept and rejected, with the nearest task and with the nearest seed."""
    made = [task for task in run.pool if not task.is_human]
    if not made:
        return []
    seeds = [unicode(task.instruction)[:LONGEST] for task in run.seeds]
    rejected = [row for row in run.rejected() if row.get("nearest") and "instruction" in row]
    near = [row for row in rejected if "score" not in row]
    cosines = [float(row["nearest"][1]) for row in rejected if "score" in row]
    means = [by_meaning[1] for task in made if (by_meaning := nearest_by_meaning(task))]
    texts = {KEPT: [task.instruction for task in made], REJECTED: [row["instruction"] for row in near]}
    found = [
        Scores(KEPT, "task", to_tasks(run, made), len(made)),
        Scores(REJECTED, "task", [float(row["nearest"][1]) for row in near], len(near)),
    ]
    found += [Scores(of, "seed", nearest(each, seeds), len(each)) for of, each in texts.items() if seeds]
    return [*found, Scores(KEPT, MEANING, means, len(means)), Scores(REJECTED, MEANING, cosines, len(cosines))]


def to_tasks(run: RunReader, made: Sequence[Task]) -> list[float]:
    """Return the scores of tasks with the nearest one when they were kept; where that is not stored, with any."""
    if stored := [task.most_similar[0][1] for task in made if task.most_similar]:
        return stored
    texts = [unicode(task.instruction)[:LONGEST] for task in run.pool]
    places = [place for place, task in enumerate(run.pool) if not task.is_human]
    sample = even(places, max(1, min(MEASURED, PAIRS // len(texts))))
    return highest([texts[place] for place in sample], texts, sample)


def nearest(texts: Sequence[str], seeds: Sequence[Sequence[str]]) -> list[float]:
    """Return the scores of instructions with the nearest seed; of many, those of an even sample."""
    return highest([unicode(text)[:LONGEST] for text in even(texts, MEASURED)], seeds)


def histogram(values: Sequence[float]) -> list[int]:
    """Count scores in steps; one that is just at the end of a step belongs to it, as a threshold lets it pass."""
    counts = [0] * BINS
    for value in values:
        counts[min(max(ceil(value * BINS) - 1, 0), BINS - 1)] += 1
    return counts


def threshold_of(run: RunReader, filter_: str = "similarity") -> float | None:
    """Return the threshold above which a filter of the run rejected an instruction."""
    stage = growing(run)
    filters = part(run, stage, "filters") if stage else {}
    ours = (value for value in filters.values() if isinstance(value, dict))
    module = f"selfinstruct.filters.{filter_}."
    return next((number(one, "threshold") for one in ours if str(one.get("_target_")).startswith(module)), None)


def caption(found: Sequence[Scores]) -> str:
    """Return what is shown, and of what it is a sample."""
    sampled = {f"{len(one.values):,} of {one.total:,} {one.of}" for one in found if len(one.values) < one.total}
    measured = f" Measured on an even sample: {', '.join(sorted(sampled))}." if sampled else ""
    return (
        "ROUGE-L F of each instruction with the nearest task (of a kept one as the pool was then, if the run stored it)"
        " and with the nearest seed, in percent of the kept and of the rejected ones (Wang et al., 2023, figure 5)."
        + (" Below, the cosine with the nearest task by meaning." if any(one.to == MEANING for one in found) else "")
        + measured
    )
