"""Lines, intervals and stacked bars as inline SVG, so that the page needs no script and no network.

Colors are classes of the page's style sheet, which has a light and a dark theme.  With more series than colors the
dashes differ.  Every mark shows its value in a tooltip.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from selfinstruct.text.escaping import html as escape

COLORS = 8
"""The number of colors in the style sheet."""
DASHES = ("", "6 3", "2 3", "8 3 2 3")
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 640, 44, 12, 10, 26
FITS = 22
"""Characters of a label that fit next to a bar."""
ROW = 22
"""Height of a bar with its gap."""

Series: TypeAlias = tuple[str, Sequence[float | None]]
Interval: TypeAlias = tuple[str, float | None, float | None, float | None]
"""Label, value, and its bounds."""


def lines(series: Sequence[Series], name: str, height: int = 240) -> str:
    """Draw shares from 0 to 1 over rounds, a line for each run; a round without a share leaves a gap."""
    longest = max((len(values) for _, values in series), default=0)
    marks = [frame(height, longest)]
    for number, (label, values) in enumerate(series):
        points = [
            (place(index, longest), TOP + (1 - value) * (height - TOP - BOTTOM), value, index + 1)
            for index, value in enumerate(values)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        dash = DASHES[number // COLORS % len(DASHES)]
        marks.append(f'<polyline class="line c{number % COLORS}" stroke-dasharray="{dash}" points="{path}"/>')
        marks += [
            f'<circle class="dot c{number % COLORS}" cx="{x:.1f}" cy="{y:.1f}" r="3">'
            f"{tooltip(f'{label}, round {index}: {value:.1%}')}</circle>"
            for x, y, value, index in points
        ]
    return svg(height, marks, name) + legend([label for label, _ in series])


def frame(height: int, longest: int) -> str:
    """Return the axes of a plot of shares over rounds."""
    marks = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + (1 - share) * (height - TOP - BOTTOM)
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for number in sorted({1, (longest + 1) // 2, longest} - {0}):
        x = place(number - 1, longest)
        marks.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{number}</text>')
    return "".join(marks)


def place(index: int, longest: int) -> float:
    """Return the horizontal place of a round."""
    inner = WIDTH - LEFT - RIGHT
    return LEFT + inner / 2 if longest < 2 else LEFT + 8 + index * (inner - 16) / (longest - 1)


def intervals(rows: Sequence[Interval], name: str) -> str:
    """Draw a dot with its bounds for each row; an unknown value is labelled as such."""
    known = [bound for _, *bounds in rows for bound in bounds if bound is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    low, span = (low, high - low) if high > low else (low - 0.5, 1.0)
    left = 150
    inner = WIDTH - left - 90
    height = ROW * len(rows) + BOTTOM

    def at(value: float) -> float:
        return left + (value - low) / span * inner

    marks = [f'<line class="grid" x1="{at(low):.1f}" x2="{at(low + span):.1f}" y1="{height - 22}" y2="{height - 22}"/>']
    marks += [
        f'<text x="{at(tick):.1f}" y="{height - 6}" text-anchor="middle">{tick:.4g}</text>'
        for tick in (low, low + span / 2, low + span)
        if known
    ]
    for number, (label, value, first, last) in enumerate(rows):
        y = ROW * number + ROW / 2
        marks.append(f'<text x="{left - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(clipped(label))}</text>')
        if value is None:
            marks.append(f'<text class="faint" x="{left}" y="{y + 4:.1f}">unknown</text>')
            continue
        bounds = ""
        if first is not None and last is not None:
            ends = f'x1="{at(first):.1f}" x2="{at(last):.1f}"'
            marks.append(f'<line class="whisker c{number % COLORS}" {ends} y1="{y}" y2="{y}"/>')
            bounds = f" [{first:.4g}, {last:.4g}]"
        tip = tooltip(f"{label}: {value:.4g}{bounds}")
        marks.append(f'<circle class="dot c{number % COLORS}" cx="{at(value):.1f}" cy="{y}" r="5">{tip}</circle>')
        marks.append(f'<text x="{WIDTH - 4}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    return svg(height, marks, name)


def bars(rows: Sequence[tuple[str, Mapping[str, float]]], name: str) -> str:
    """Draw a bar for each row, of parts that are shares of a whole."""
    parts = sorted({part for _, shares in rows for part in shares})
    longest = max((sum(shares.values()) for _, shares in rows), default=0.0) or 1.0
    left = 150
    marks = []
    for number, (label, shares) in enumerate(rows):
        y, x = ROW * number + 3, float(left)
        marks.append(f'<text x="{left - 12}" y="{y + 13}" text-anchor="end">{escape(clipped(label))}</text>')
        for color, part in enumerate(parts):
            size = shares.get(part, 0.0) / longest * (WIDTH - left - 70)
            tip = tooltip(f"{label}, {part}: {shares.get(part, 0.0):.1%} of all candidates")
            marks.append(
                f'<rect class="bar c{color % COLORS}" x="{x:.1f}" y="{y}" width="{size:.1f}" height="{ROW - 6}">'
                f"{tip}</rect>"
            )
            x += size
        marks.append(f'<text x="{x + 6:.1f}" y="{y + 13}">{sum(shares.values()):.1%}</text>')
    return svg(ROW * len(rows) + 4, marks, name) + legend(parts)


def svg(height: float, marks: Sequence[str], name: str) -> str:
    """Return the marks as a picture that scales with the page."""
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(name)}">{"".join(marks)}</svg>'


def legend(labels: Sequence[str]) -> str:
    """Return the legend of colors and dashes."""
    keys = []
    for number, label in enumerate(labels):
        dash = DASHES[number // COLORS % len(DASHES)]
        sign = (
            f'<svg class="key" viewBox="0 0 24 8" aria-hidden="true"><line class="line c{number % COLORS}" x1="0"'
            f' x2="24" y1="4" y2="4" stroke-dasharray="{dash}"/></svg>'
        )
        keys.append(f"<li>{sign}{escape(label)}</li>")
    return f'<ul class="legend">{"".join(keys)}</ul>'


def tooltip(text: str) -> str:
    """Return the tooltip of a mark."""
    return f"<title>{escape(text)}</title>"


def clipped(text: str) -> str:
    """Return a label that fits next to a bar; the mark `offline` is never cut off."""
    end = " offline" if text.endswith(" offline") else ""
    return text if len(text) <= FITS else f"{text.removesuffix(end)[: FITS - 1 - len(end)]}…{end}"
