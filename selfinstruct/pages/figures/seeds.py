"""Which seeds the tasks come from: some of them may have shaped much of the pool, and others nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import plural, short
from selfinstruct.pages.figures.panels import legend, whole
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

MOST = 20
"""Seeds that are drawn."""
SILENT = 200
"""Seeds without descendants in the table."""
COLOR = {"children": COLORS[0], "further descendants": COLORS[7]}


class Ancestor(NamedTuple):
    """A seed, and what came of it."""

    id: str
    instruction: str
    children: int
    """Tasks whose prompt showed it."""
    descendants: int
    """Those, and all tasks whose prompts showed one of its descendants."""


def figure(run: RunReader) -> Figure | None:
    """Return the seeds with the most descendants, where tasks have parents."""
    found = ranked(run.pool)
    top = [seed for seed in found if seed.descendants][:MOST]
    silent = [seed for seed in found if not seed.descendants]
    if not top:
        return None

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        places, children = range(len(top)), [seed.children for seed in top]
        every = [seed.descendants for seed in top]
        axes.hlines(places, 0, children, color=COLOR["children"], linewidth=8)
        axes.hlines(places, children, every, color=COLOR["further descendants"], linewidth=8)
        axes.set_xlim(0)
        axes.set_yticks(places, [short(seed.instruction, 30) for seed in top])
        axes.set_ylim(len(top) - 0.4, -0.6)
        axes.grid(axis="x")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("tasks")
        whole(axes.xaxis, 5)
        legend(canvas, COLOR)

    listed = f", of which the table has the first {SILENT}" if len(silent) > SILENT else ""
    return Figure(
        name="seeds",
        title="Which seeds the tasks come from",
        caption=f"The {plural(len(top), 'seed')} with the most descendants: tasks whose prompt showed the seed, or a"
        f" descendant of it. Of {plural(len(found), 'seed')}, {without(len(silent))} none{listed}.",
        head=["seed", "instruction", "children", "descendants"],
        rows=[[*seed] for seed in [*top, *silent[:SILENT]]],
        draw=draw,
        height=0.75 + 0.17 * len(top),
    )


def without(count: int) -> str:
    """Return a count with its verb."""
    return f"{count:,} {'has' if count == 1 else 'have'}"


def ranked(pool: Iterable[Task]) -> list[Ancestor]:
    """Return the seeds with the number of their children and descendants, most descendants first."""
    seeds: list[Task] = []
    roots: dict[str, int] = {}
    sets, children = Counter[int](), Counter[str]()
    for task in pool:
        if task.is_human:
            roots[task.id] = 1 << len(seeds)
            seeds.append(task)
        else:
            roots[task.id] = reduce(or_, (roots.get(parent, 0) for parent in task.parents), 0)
            sets[roots[task.id]] += 1
            children.update(set(task.parents))
    descendants = tallied(sets, len(seeds))
    found = [
        Ancestor(seed.id, seed.instruction, children[seed.id], count)
        for seed, count in zip(seeds, descendants, strict=True)
    ]
    return sorted(found, key=lambda seed: (-seed.descendants, -seed.children))


def tallied(sets: Counter[int], size: int) -> Sequence[int]:
    """Return how often each bit is set; many tasks of a long run have the same ancestors."""
    counts = [0] * size
    for bits, times in sets.items():
        while bits:
            lowest = bits & -bits
            counts[lowest.bit_length() - 1] += times
            bits ^= lowest
    return counts
