"""How a model learned: the loss at each logged step of a training."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, stacked, whole
from selfinstruct.storage.reader import RunReader
from selfinstruct.trainer import STEPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

POINTS = 500
"""Steps that are drawn; of more, an even sample with the last one, and all validations."""
COLOR = {"loss": COLORS[0], "validation_loss": COLORS[1]}
ACCURACY = {"reward_accuracy": COLORS[0], "validation_reward_accuracy": COLORS[1]}
"""Of pairs: how often the chosen answer is rewarded more."""
VALUES = ("epoch", "tokens", "loss", "validation_loss", "learning_rate", "grad_norm")


def figure(run: RunReader) -> Figure | None:
    """Return the curves of the training in the run's folder, if there was one."""
    every = steps_of(run.folder / STEPS)
    steps = thinned(every)
    if not any(key in step for step in steps for key in COLOR):
        return None

    rewards = list(dict.fromkeys(key for step in steps for key in step if "reward_" in key))

    def draw(canvas: "Canvas") -> None:
        heights = [2, 1, 1] if rewards else [2, 1]
        losses, *accuracies, rate = stacked(canvas, len(heights), heights=heights, shares_x=True)
        curves(losses, steps, COLOR)
        losses.set_ylabel("loss")
        for accuracy in accuracies:
            curves(accuracy, steps, ACCURACY)
            accuracy.set_ylabel("pairs\nright")
            accuracy.set_ylim(0, 1.05)
        rates = [(step["step"], step["learning_rate"]) for step in steps if "learning_rate" in step]
        if rates:
            rate.plot(*zip(*rates, strict=True), "-" if len(rates) > 1 else "o", color=COLORS[7])
        rate.set_ylabel("learning\nrate")
        rate.set_ylim(0)
        rate.set_xlabel("step")
        whole(rate.xaxis, 5)
        legend(
            canvas, {key.replace("_", " "): color for key, color in COLOR.items() if any(key in step for step in steps)}
        )

    sampled = f" Drawn are {len(steps):,} of {len(every):,} logged steps." if len(steps) < len(every) else ""
    return Figure(
        name="training",
        title="How the model learned",
        caption="Loss on the rows that were trained on, and on those held out for validation, by step: where the second"
        f" rises while the first falls, the model learns by heart.{sampled}",
        head=["step", *(value.replace("_", " ") for value in (*VALUES, *rewards))],
        rows=[[step["step"], *(step.get(key) for key in (*VALUES, *rewards))] for step in steps],
        draw=draw,
        height=4.0 if rewards else 3.0,
    )


def curves(axes: "Axes", steps: Sequence[Mapping[str, Any]], colors: Mapping[str, str]) -> None:
    """Draw a value by step for each color, with dots where there are few."""
    for key, color in colors.items():
        points = [(step["step"], step[key]) for step in steps if key in step]
        if points:
            is_few = key.startswith("validation_") or len(points) < 50
            axes.plot(*zip(*points, strict=True), "o-" if is_few else "-", color=color)


def steps_of(path: Path) -> list[Mapping[str, Any]]:
    """Return the logged steps; a line that is torn, or holds something else, is left out."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        return [step for line in file if (step := step_of(line))]


def step_of(line: bytes) -> dict[str, Any]:
    """Return the numbers of a line; nothing where it is not a step."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(row, dict):
        return {}
    numbers = {key: value for key, value in row.items() if isinstance(value, int | float) and isfinite(value)}
    return numbers if "step" in numbers else {}


def thinned(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return at most `POINTS` steps, evenly spread, with the last one, and all validations."""
    size = max(1, -(-len(steps) // POINTS))
    return [
        step
        for place, step in enumerate(steps, 1)
        if place % size == 0 or place == len(steps) or "validation_loss" in step
    ]
