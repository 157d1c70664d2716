"""Plots as SVG: lines over time, a limit drawn in, phases marked. Standard library alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 880, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 22, 30


@dataclass(frozen=True)
class Line:
    """A line: its name, its class in the style sheet, a value for each moment."""

    name: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class Axes:
    """Where values lie in the picture."""

    seconds: float
    top: float

    def x(self, moment: float) -> float:
        """Return the place of a moment."""
        return LEFT + (WIDTH - LEFT - RIGHT) * moment / self.seconds

    def y(self, value: float) -> float:
        """Return the place of a value; one too great is at the upper edge."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value, self.top) / self.top


def chart(
    title: str,
    moments: Sequence[float],
    lines: Sequence[Line],
    *,
    phases: Sequence[tuple[str, float]],
    seconds: float,
    limit: float = 0,
    unit: str = "",
) -> str:
    """Return a figure; `phases` are names and begins, `limit` is drawn where it is not 0."""
    highest = max((v for line in lines for v in line.values), default=0.0)
    axes = Axes(seconds, _round_up(max(highest, limit * 1.25)))
    parts = [*_grid(axes), *_marks(axes, phases)]
    parts += [_path(axes, moments, line) for line in lines]
    if limit:
        parts.append(_limit(axes, limit, unit))
    names = "".join(f'<span class="{line.style}">{escape(line.name)}</span>' for line in lines)
    return (
        f'<figure><figcaption>{escape(title)}<span class="key">{names}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5, 10, … times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if value <= step * power * 1.000001)


def _grid(axes: Axes) -> list[str]:
    parts = []
    for n in range(5):
        value = axes.top * n / 4
        y = axes.y(value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.6g}</text>')
    step = _round_up(axes.seconds / 8)
    for n in range(int(axes.seconds // step) + 1):
        x = axes.x(n * step)
        label = _clock(n * step)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{label}</text>')
    return parts


def _marks(axes: Axes, phases: Sequence[tuple[str, float]]) -> list[str]:
    parts = []
    for name, start in phases:
        x = axes.x(start)
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 14}" y2="{HEIGHT - BOTTOM}"/>'
        )
        parts.append(f'<text class="phase" x="{x + 5:.1f}" y="{TOP - 5}">{escape(name)}</text>')
    return parts


def _path(axes: Axes, moments: Sequence[float], line: Line) -> str:
    points = " ".join(
        f"{axes.x(moment):.1f},{axes.y(value):.1f}"
        for moment, value in zip(moments, line.values, strict=True)
    )
    return f'<polyline class="{line.style}" points="{points}"/>'


def _limit(axes: Axes, limit: float, unit: str) -> str:
    y, right = axes.y(limit), WIDTH - RIGHT
    return (
        f'<line class="limit" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="limit" x="{right}" y="{y - 5:.1f}" text-anchor="end">'
        f"limit {limit:,.3g}{escape(unit)}</text>"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds >= 60 else f"{seconds:g} s"
