"""The curves of a comparison: what each round kept, and how the loss of a training alone fell, a line for a setting."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import kept_shares
from selfinstruct.actions.comparison.grouping import Estimate
from selfinstruct.actions.comparison.lines import BAND, TICKS, banded, height, left_out, named, safe
from selfinstruct.actions.comparison.settings import LONGEST, Setting, over_seeds, settings
from selfinstruct.pages.figures.figure import COLORS, HEIGHT, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import stacked, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

LEARNED = {
    "loss": "loss",
    "validation_loss": "loss of what\nwas held out",
    "reward_accuracy": "pairs right",
    "validation_reward_accuracy": "held-out\npairs right",
}
"""What is drawn of a training, with the name of its axis."""


def rounds(comparison: Comparison) -> Iterator[Figure]:
    """Yield the kept share by round, for each stage that makes tasks in more than one round."""
    growing = {task.origin for run in comparison.runs for task in run.made}
    for stage in dict.fromkeys(row["stage"] for run in comparison.runs for row in run.rounds):
        if stage in growing:
            found = settings(comparison)
            series = {one.name: curve(one, stage) for one in found}
            if max(map(len, series.values()), default=0) > 1:
                yield by_round(stage, series, BAND if any(len(one.runs) > 1 for one in found) else "")


def curve(setting: Setting, stage: str) -> list[tuple[int, Estimate]]:
    """Return the kept share of a stage by round, over those runs of a setting that had that round."""
    runs = [kept_shares(run, stage) for run in setting.runs]
    found = []
    for place in range(max(map(len, runs))):
        shares = [share for run in runs if place < len(run) and (share := run[place]) is not None]
        if (one := over_seeds(shares)) is not None:
            found.append((place + 1, one))
    return found


def by_round(stage: str, series: Mapping[str, list[tuple[int, Estimate]]], band: str) -> Figure:
    """Return the figure of a stage's kept share by round."""
    lines = [name for name, points in series.items() if points]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        for color, line in zip(COLORS, lines, strict=False):
            banded(axes, [(number, percent(one)) for number, one in series[line]], color, joined=True)
        axes.set_ylim(0, 100)
        whole(axes.xaxis, TICKS)
        axes.set_xlabel("round")
        axes.set_ylabel("kept, %")
        named(canvas, lines)

    return Figure(
        name=f"kept_by_round_{safe(stage)}",
        title=f"Kept share by round, {short(stage, LONGEST)}",
        caption=f"The share of each round's candidates that was kept.{band}{left_out(lines)}",
        head=["settings", "round", "mean", "low", "high"],
        rows=[[name, number, one.mean, one.low, one.high] for name, own in series.items() for number, one in own],
        draw=draw,
        height=height(lines),
    )


def percent(one: Estimate) -> Estimate:
    """Return an estimate of a share in percent."""
    return Estimate(100 * one.mean, 100 * one.low, 100 * one.high)


def steps(comparison: Comparison) -> Iterator[Figure]:
    """Yield the curves of trainings alone, a panel for each thing that was measured."""
    found = settings(comparison)
    series = {key: {one.name: learned(one, key) for one in found} for key in LEARNED}
    drawn = {key: own for key, own in series.items() if any(own.values())}
    if drawn:
        yield by_step(drawn, BAND if any(len(one.runs) > 1 for one in found) else "")


def learned(setting: Setting, key: str) -> list[tuple[int, Estimate]]:
    """Return a measure of a training by step, over those trainings of a setting that logged that step."""
    logged: dict[int, list[float]] = {}
    for run in setting.runs:
        for step in run.steps:
            if key in step:
                logged.setdefault(int(step["step"]), []).append(step[key])
    return [(step, one) for step, values in sorted(logged.items()) if (one := over_seeds(values)) is not None]


def by_step(series: Mapping[str, Mapping[str, Sequence[tuple[int, Estimate]]]], band: str) -> Figure:
    """Return the figure of trainings by step."""
    lines = list(dict.fromkeys(name for own in series.values() for name, points in own.items() if points))

    def draw(canvas: "Canvas") -> None:
        panels = stacked(canvas, len(series), shares_x=True)
        for axes, (key, own) in zip(panels, series.items(), strict=True):
            for color, line in zip(COLORS, lines, strict=False):
                banded(axes, own[line], color, joined=True)
            axes.set_ylabel(LEARNED[key])
        whole(panels[-1].xaxis, TICKS)
        panels[-1].set_xlabel("step")
        named(canvas, lines)

    return Figure(
        name="training_by_step",
        title="How the models learned",
        caption="Loss on the rows that were learned from, and on those held out, by step; of pairs, how often the"
        f" chosen answer is rewarded more.{band}{left_out(lines)}",
        head=["measure", "settings", "step", "mean", "low", "high"],
        rows=[
            [key, name, step, one.mean, one.low, one.high]
            for key, own in series.items()
            for name, points in own.items()
            for step, one in points
        ],
        draw=draw,
        height=height(lines) + (len(series) - 2) * HEIGHT / 2,
    )
