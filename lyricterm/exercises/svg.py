"""A figure as inline SVG: axes, a legend by colour and number, a log axis, an overflow as a cross."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from lyricterm.exercises.base import Figure, Line
from lyricterm.exercises.scale import Scale, label, scale_of

WIDTH, HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 36
COLOURS = 9
"""Arms beyond these take the first colours again."""
_DASHES = ("", "6 3", "2 3", "8 3 2 3")


def svg(figure: Figure, names: Sequence[str]) -> str:
    """The figure; ``names`` are those of the arms."""
    scale = scale_of(figure)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(figure.title, quote=True)}">',
        *_axes(figure, scale),
    ]
    for line in figure.lines:
        parts += _line(line, scale, names[line.arm])
    return "\n".join([*parts, "</svg>"])


def colour(arm: int) -> str:
    """The CSS class of an arm."""
    return f"arm{arm % COLOURS}"


def _x(scale: Scale, x: float) -> float:
    return _LEFT + scale.across(x) * (WIDTH - _LEFT - _RIGHT)


def _y(scale: Scale, y: float) -> float:
    return _TOP + (1 - scale.up(y)) * (HEIGHT - _TOP - _BOTTOM)


def _axes(figure: Figure, scale: Scale) -> list[str]:
    left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
    parts = [f'<path class="axis" d="M{left} {_TOP}V{bottom}H{right}"/>']
    for value in scale.ticks_up():
        y = _y(scale, value)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{html.escape(label(value))}</text>')
    for value in scale.ticks_across():
        x = _x(scale, value)
        parts.append(f'<path class="axis" d="M{x:.1f} {bottom}v4"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:,.0f}</text>')
    for value, name in figure.levels:
        if scale.low <= value <= scale.high:
            y = _y(scale, value)
            parts.append(f'<path class="level" d="M{left} {y:.1f}H{right}"/>')
            if name != label(value) and name != "1":
                parts.append(
                    f'<text class="level" x="{right}" y="{y - 4:.1f}" text-anchor="end">{html.escape(name)}</text>'
                )
    middle = (left + right) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 2}" text-anchor="middle">{html.escape(figure.x)}</text>')
    return parts


def _line(line: Line, scale: Scale, name: str) -> list[str]:
    style, dashes = colour(line.arm), _DASHES[line.arm % len(_DASHES)]
    finite = [(_x(scale, x), _y(scale, y)) for x, y in line.points if math.isfinite(y)]
    title = f"<title>{html.escape(name)}</title>"
    parts = []
    if finite:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in finite)
        parts.append(f'<polyline class="{style}" stroke-dasharray="{dashes}" points="{path}">{title}</polyline>')
        x, y = finite[-1]
        parts.append(f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3">{title}</circle>')
    for x, y in line.points:
        if not math.isfinite(y):
            at, top = _x(scale, x), _TOP + 6
            parts.append(f'<path class="{style}" d="M{at - 4:.1f} {top - 4}l8 8m0 -8l-8 8">{title}</path>')
    return parts
