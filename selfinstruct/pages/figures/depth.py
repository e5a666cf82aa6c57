"""Whether the tasks drift away from the seeds: by how many steps of descent lie between."""

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct.filters.length import count_words
from selfinstruct.filters.pairwise_rouge import highest
from selfinstruct.filters.tokens import unicode
from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import plain, stacked, whole
from selfinstruct.storage.diversity import LONGEST, even
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

STEPS = 40
"""So many steps of depth at most are drawn; more share them."""
MEASURED = 100
"""So many tasks of a step at most are compared with the seeds."""


class Step(NamedTuple):
    """The tasks of some depths that follow each other."""

    first: int
    last: int
    tasks: int
    words: float
    """The mean number of words of an instruction."""
    to_seed: float | None
    """The mean ROUGE-L F with the nearest seed, of a seed with the nearest other one; None where there is none."""


def figure(run: RunReader) -> Figure | None:
    """Return how tasks change with their depth, where tasks have parents."""
    pool = list(run.pool)
    depths = depths_of(pool)
    if not any(task.parents for task in pool):
        return None
    steps = steps_of(pool, depths)

    def draw(canvas: "Canvas") -> None:
        middles = [(step.first + step.last) / 2 for step in steps]
        tasks, words, to_seed = panels = stacked(canvas, 3, shares_x=True)
        tasks.bar(
            middles, [step.tasks for step in steps], [step.last - step.first + 0.8 for step in steps], color=COLORS[0]
        )
        tasks.set_ylabel("tasks")
        words.plot(middles, [step.words for step in steps], "o-", color=COLORS[0])
        words.set_ylabel("words")
        to_seed.plot(middles, [float("nan") if step.to_seed is None else step.to_seed for step in steps], "o-")
        to_seed.set_ylabel("ROUGE-L\nto a seed")
        to_seed.set_xlabel("depth")
        whole(to_seed.xaxis, 5)
        for axes in panels:
            axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
            axes.locator_params(axis="y", nbins=4)
            plain(axes)
        whole(tasks.yaxis, 7)

    return Figure(
        name="depth",
        title="Whether the tasks drift",
        caption="Tasks, mean words of an instruction, and mean ROUGE-L F with the nearest seed, by depth: 1 + the depth"
        " of the deepest task that the prompt showed. Depth 0 are the seeds, each compared with the other seeds; of"
        f" more than {MEASURED} tasks of a depth an even sample is compared.",
        head=["from depth", "to depth", "tasks", "mean words", "mean ROUGE-L to the nearest seed"],
        rows=[[*step[:3], round(step.words, 2), step.to_seed and round(step.to_seed, 4)] for step in steps],
        draw=draw,
        height=3.2,
    )


def depths_of(tasks: Iterable[Task]) -> list[int]:
    """Return the depth of each task: 0 of a seed, else 1 more than that of its deepest parent."""
    found: dict[str, int] = {}
    for task in tasks:
        found[task.id] = 0 if task.is_human else 1 + max((found.get(parent, 0) for parent in task.parents), default=0)
    return list(found.values())


def steps_of(pool: Sequence[Task], depths: Sequence[int]) -> list[Step]:
    """Return the tasks by depth; where there are more depths than `STEPS`, several together."""
    size = -(-max(depths) // STEPS)
    steps: dict[int, list[Task]] = {}
    for task, depth in zip(pool, depths, strict=True):
        steps.setdefault(-(-depth // size), []).append(task)
    seeds = [task for task in pool if task.is_human]
    texts = [unicode(seed.instruction)[:LONGEST] for seed in seeds]
    return [
        Step(
            first=max(0, (number - 1) * size + 1),
            last=number * size,
            tasks=len(tasks),
            words=mean(count_words(task.instruction) for task in tasks),
            to_seed=to_seeds(tasks, texts),
        )
        for number, tasks in sorted(steps.items())
    ]


def to_seeds(tasks: Sequence[Task], seeds: Sequence[Sequence[str]]) -> float | None:
    """Return the mean score of tasks with the nearest seed; a seed is compared with the others."""
    places = even(range(len(tasks)), MEASURED)
    texts = [unicode(tasks[place].instruction)[:LONGEST] for place in places]
    are_seeds = tasks[0].is_human
    if len(seeds) <= are_seeds:
        return None
    return mean(highest(texts, seeds, places if are_seeds else None))
