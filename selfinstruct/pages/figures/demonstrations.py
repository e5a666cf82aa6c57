"""What the prompts showed as examples: seeds, and tasks that the run had made."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import legend, legend_height, stacked, whole
from selfinstruct.pages.figures.rounds import grouped
from selfinstruct.storage.reader import STORE, RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLOR = {"seeds": COLORS[0], "generated": COLORS[1]}
PARTLY = " Only prompts of which a task was kept are known."


class Shown(NamedTuple):
    """What the prompts of some rounds of a stage showed, all together."""

    stage: str
    first: int
    last: int
    prompts: int
    seeds: int
    made: int


def figure(run: RunReader) -> Figure | None:
    """Return how many seeds and generated tasks the prompts of each round showed."""
    seeds = {task.id for task in run.pool if task.is_human}
    stored = parents_stored(run)
    rounds = by_round(stored or parents_kept(run), seeds)
    stages = {stage: spans for stage in dict.fromkeys(row["stage"] for row in run.rows) if (spans := of(stage, rounds))}
    if not stages:
        return None

    def draw(canvas: "Canvas") -> None:
        for axes, (stage, spans) in zip(stacked(canvas, len(stages)), stages.items(), strict=True):
            edges = [spans[0].first - 0.5, *(span.last + 0.5 for span in spans)]
            human = [span.seeds / span.prompts for span in spans]
            both = [(span.seeds + span.made) / span.prompts for span in spans]
            axes.stairs(human, edges, fill=True, color=COLOR["seeds"])
            axes.stairs(both, edges, baseline=human, fill=True, color=COLOR["generated"])
            axes.set_title(short(stage, 40), loc="left")
            axes.set_xlim(edges[0], edges[-1])
            axes.set_ylim(0, 1.05 * max(both))
            whole(axes.xaxis, 5)
            whole(axes.yaxis, 4)
        axes.set_xlabel("round of the stage")
        canvas.supylabel("tasks in a prompt", size=9)
        legend(canvas, COLOR)

    return Figure(
        name="demonstrations",
        title="What the prompts showed",
        caption="How many seeds and how many generated tasks a prompt really showed as examples, on average over the"
        f" prompts of a round.{'' if stored else PARTLY}",
        head=["stage", "first round", "last round", "prompts", "seeds shown", "generated tasks shown"],
        rows=[list(span) for spans in stages.values() for span in spans],
        draw=draw,
        height=0.55 + 1.3 * len(stages) + legend_height(list(COLOR)),
    )


def parents_stored(run: RunReader) -> list[tuple[str, int, list[str]]]:
    """Return stage, round and examples of each prompt that showed some; nothing where that is not stored."""
    if not (run.folder / STORE).is_file():
        return []
    committed = {(row["stage"], row["round"]) for row in run.rows}
    with run.replies() as replies:
        return [found for found in replies.parents() if found[2] and found[:2] in committed]


def parents_kept(run: RunReader) -> list[tuple[str, int, list[str]]]:
    """Return the same of the prompts of which a task was kept."""
    made = {task.request: task for task in run.pool if task.parents and not task.is_human}
    return [(task.origin, task.round, list(task.parents)) for task in made.values()]


def by_round(prompts: Iterable[tuple[str, int, list[str]]], seeds: set[str]) -> dict[tuple[str, int], Shown]:
    """Return what was shown in each round."""
    found: dict[tuple[str, int], Shown] = {}
    for stage, round_, parents in prompts:
        before = found.get((stage, round_), Shown(stage, round_, round_, 0, 0, 0))
        human = sum(parent in seeds for parent in parents)
        sums = (before.prompts + 1, before.seeds + human, before.made + len(parents) - human)
        found[stage, round_] = Shown(stage, round_, round_, *sums)
    return found


def of(stage: str, rounds: Mapping[tuple[str, int], Shown]) -> list[Shown]:
    """Return what the rounds of a stage showed, in order; of many, some together."""
    own = [shown for _, shown in sorted(rounds.items()) if shown.stage == stage]
    return [
        Shown(
            stage=stage,
            first=some[0].first,
            last=some[-1].last,
            prompts=sum(each.prompts for each in some),
            seeds=sum(each.seeds for each in some),
            made=sum(each.made for each in some),
        )
        for some in grouped(own)
    ]
