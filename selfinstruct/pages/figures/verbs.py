"""What the instructions ask for: verbs and their nouns, as in figure 3 of Self-Instruct (Wang et al., 2023)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, INK, WIDTH, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.storage.diversity import even
from selfinstruct.storage.folder import is_own
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.verb_pairs import found_by, problems, verb_noun_pairs
from selfinstruct.text.verbs import Pair

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

VERBS, NOUNS = 20, 4
READ = 2000
"""So many instructions at most are read by a model of spaCy, which takes a second or two for a thousand."""
ABOVE = 30 / 52_445
"""The share of all tasks that a pair must exceed to be shown: 30 times in the paper's 52,445 instructions."""
INNER, MIDDLE, OUTER = 0.42, 0.86, 1.36
"""Radii: the hole, the border of verbs and nouns, the rim."""
SMALLEST = 6.2
"""Points of a letter; a wedge that has no room for that has no word."""
Tree = Mapping[str, Mapping[str, int]]


def figure(run: RunReader) -> Figure | None:
    """Return the most frequent verbs of what was made, with their most frequent nouns."""
    instructions = [task.instruction for task in run.pool if not task.is_human]
    model = model_of(run)
    read = instructions if model is None else even(instructions, READ)
    pairs = Counter(pair for pair in verb_noun_pairs(read, model) if pair)
    tree = most_frequent(pairs, ABOVE * len(read))
    if not tree:
        return None
    sampled = f" (an even sample of {len(instructions):,})" if len(read) < len(instructions) else ""
    shown = sum(count for nouns in tree.values() for count in nouns.values())

    def draw(canvas: "Canvas") -> None:
        draw_rings(canvas.subplots(), tree)

    return Figure(
        name="verbs",
        title="What the instructions ask for",
        caption=f"The {len(tree)} most frequent verbs and up to {NOUNS} nouns of each, in {shown:,} of"
        f" {len(read):,} instructions{sampled}, as in figure 3 of Wang et al. (2023). By {found_by(model)},"
        f" {pairs.total():,} have a verb and a noun.",
        head=["verb", "noun", "instructions"],
        rows=[[verb, noun, count] for verb, nouns in tree.items() for noun, count in nouns.items()],
        draw=draw,
        height=WIDTH,
    )


def model_of(run: RunReader) -> str | None:
    """Return the spaCy model of the run where it can be used; what a stranger's run names is not loaded."""
    model = run.config.get("spacy_model")
    return model if isinstance(model, str) and is_own(run.folder) and not problems(model) else None


def most_frequent(pairs: Mapping[Pair, int], above: float) -> Tree:
    """Return the most frequent verbs with their most frequent nouns, each pair more often than `above` times."""
    verbs = Counter[str]()
    for (verb, _), count in pairs.items():
        verbs[verb] += count
    tree = {
        verb: dict(
            sorted(
                ((noun, count) for (own, noun), count in pairs.items() if own == verb and count > above),
                key=lambda item: (-item[1], item[0]),
            )[:NOUNS]
        )
        for verb, _ in sorted(verbs.items(), key=lambda item: (-item[1], item[0]))[:VERBS]
    }
    return {verb: nouns for verb, nouns in tree.items() if nouns}


def draw_rings(axes: "Axes", tree: Tree) -> None:
    """Draw verbs inside and their nouns outside, in the color of the verb."""
    colors = [COLORS[place % (len(COLORS) - 1)] for place in range(len(tree))]
    verbs = [(verb, sum(nouns.values()), color) for (verb, nouns), color in zip(tree.items(), colors, strict=True)]
    nouns = [(noun, count, color) for (verb, _, color) in verbs for noun, count in tree[verb].items()]
    draw_ring(axes, verbs, INNER, MIDDLE)
    draw_ring(axes, nouns, MIDDLE, OUTER)
    axes.set_xlim(-OUTER, OUTER)
    axes.set_ylim(-OUTER, OUTER)


def draw_ring(axes: "Axes", parts: Sequence[tuple[str, int, str]], inner: float, outer: float) -> None:
    """Draw a ring of words, each as large as it is frequent; one that is too small for its word has none.

    The colors let the page shine through, so that words are read on light and on dark.
    """
    from matplotlib.colors import to_rgba

    middle = (inner + outer) / 2
    points = 72 * WIDTH / (2 * OUTER)
    wedges = axes.pie(
        [count for _, count, _ in parts],
        colors=[to_rgba(color, 0.55 if outer == MIDDLE else 0.3) for _, _, color in parts],
        radius=outer,
        startangle=90,
        counterclock=False,
        wedgeprops={"width": outer - inner, "linewidth": 0.4, "edgecolor": INK},
    )[0]
    for wedge, (word, _, _) in zip(wedges, parts, strict=True):
        wedge.set_in_layout(False)  # its extent is that of the rim, and takes long to compute
        size = min(8, radians(wedge.theta2 - wedge.theta1) * middle * points / 1.1)
        if size < SMALLEST:
            continue
        angle = (wedge.theta1 + wedge.theta2) / 2 % 360
        place = (middle * cos(radians(angle)), middle * sin(radians(angle)))
        turn = angle + 180 if 90 < angle < 270 else angle
        axes.text(
            *place,
            short(word, int((outer - inner) * points / (0.62 * size))),
            rotation=turn,
            size=size,
            ha="center",
            va="center",
            rotation_mode="anchor",
            in_layout=False,
        )
