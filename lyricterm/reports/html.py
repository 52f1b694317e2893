"""Curves as inline SVG for a page of HTML; whatever is put in as text is made safe and escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NewType

from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.plotting.ticks import Span, linear_ticks, log_ticks, nearest, span_of

Html = NewType("Html", str)
"""Markup that may stand in a page as it is."""

_LIGHT = ("#2456b3", "#a84b00", "#2f6f1b", "#7a3fb0", "#b3261e", "#00737a", "#8a5a00", "#a0246e", "#4a5163")
_DARK = ("#7aa2f7", "#ffb86c", "#9ece6a", "#bb9af7", "#f7768e", "#73daca", "#e0af68", "#ff8ac6", "#9aa4b8")
"""Of the curves, in order, on light and on dark paper."""


@dataclass(frozen=True)
class Line:
    """One curve of a diagram."""

    name: str
    points: Sequence[tuple[float, float]]
    """Places in ascending order with their values; an infinite value is an overflow, NaN a gap."""
    marks: Sequence[tuple[float, str]] = field(default=())
    """Places at which something was changed, and what."""
    crosses: Sequence[float] = field(default=())
    """Places at which the run diverged; where none is given, the first overflow is one."""
    colour: int | None = None
    """Which of the colours; where none is given, the line's place among the lines."""


@dataclass(frozen=True)
class Level:
    """A horizontal line at a value that matters, with its name."""

    value: float
    name: str


def escape(text: str) -> Html:
    """Foreign text as it may stand anywhere in the page, attributes too: one line, nothing steers, nothing is a tag."""
    return Html(html.escape(one_line(text), quote=True))


def curve_svg(
    lines: Sequence[Line],
    *,
    title: str,
    x_title: str,
    y_title: str,
    log: bool = True,
    levels: Sequence[Level] = (),
    ceiling: float = math.inf,
    show: Callable[[float], str] = lambda value: f"{value:,.4g}",
) -> Html:
    """Curves with axes, legend and levels, as inline SVG.

    Args:
        title: what the diagram shows, for those who cannot see it.
        log: a logarithmic vertical axis; values of 0 and less are gaps then.
        ceiling: values above are drawn at the upper edge.
        show: how numbers on the axes are written.
    """
    frame = _frame(lines, levels, log, ceiling)
    if frame is None:
        return Html(f"<p>{escape(_('There is nothing to draw yet.'))}</p>\n")
    legend = "".join(_legend(_colour(number, line), line.name) for number, line in enumerate(lines))
    parts = [
        *_x_axis(frame, show, x_title),
        *_y_axis(frame, show, y_title),
        *(_level(frame, level) for level in levels if frame.holds(level.value)),
        *(part for number, line in enumerate(lines) for part in _drawn(frame, _colour(number, line), line)),
    ]
    return Html(
        f'<figure>\n<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        + "\n".join(parts)
        + f"\n</svg>\n<figcaption>{escape(title)}<br/>{legend}</figcaption>\n</figure>\n"
    )


_WIDTH, _HEIGHT = 860, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 16, 46


@dataclass(frozen=True)
class _Frame:
    """What the axes span; ``y`` in logarithms if ``log``."""

    x: Span
    y: Span
    log: bool

    def holds(self, value: float) -> bool:
        return (value > 0 or not self.log) and -1e-9 <= self.y.share(self.height(value)) <= 1 + 1e-9

    def height(self, value: float) -> float:
        return math.log(value) if self.log else value

    def left(self, place: float) -> float:
        return _LEFT + self.x.share(place) * (_WIDTH - _LEFT - _RIGHT)

    def top(self, value: float) -> float:
        share = min(max(self.y.share(self.height(value)), 0.0), 1.0)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _frame(lines: Sequence[Line], levels: Sequence[Level], log: bool, ceiling: float) -> _Frame | None:
    places = [place for line in lines for place, _value in line.points]
    values = [value for line in lines for _place, value in line.points if _drawable(value, log)]
    values += [level.value for level in levels if _drawable(level.value, log)]
    if not values:
        return None
    low, high = min(values), min(max(values), max(ceiling, min(values)))
    y = span_of(math.log(low), math.log(high)) if log else span_of(min(low, 0.0), high)
    return _Frame(span_of(min(places, default=0.0), max(places, default=1.0)), y, log)


def _drawable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _x_axis(frame: _Frame, show: Callable[[float], str], title: str) -> list[str]:
    base = _HEIGHT - _BOTTOM
    parts = [f'<line class="axis" x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}"/>']
    for tick in linear_ticks(frame.x, 9):
        x = frame.left(tick)
        parts.append(f'<line class="axis" x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 5}"/>')
        parts.append(f'<text x="{x:.1f}" y="{base + 19}" text-anchor="middle">{escape(show(tick))}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(title)}</text>')
    return parts


def _y_axis(frame: _Frame, show: Callable[[float], str], title: str) -> list[str]:
    parts = [f'<line class="axis" x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{_HEIGHT - _BOTTOM}"/>']
    ticks = linear_ticks(frame.y, 8)
    if frame.log:
        ticks = log_ticks(math.exp(frame.y.low), math.exp(min(frame.y.high, 709.0)), 9)
    for tick in ticks:
        y = frame.top(tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(show(tick))}</text>')
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {middle})"'
    parts.append(f'<text x="14" y="{middle}" text-anchor="middle" {turned}>{escape(title)}</text>')
    return parts


def _level(frame: _Frame, level: Level) -> str:
    y = frame.top(level.value)
    return (
        f'<line class="level" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
        f'<text x="{_WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end">{escape(level.name)}</text>'
    )


def _drawn(frame: _Frame, colour: str, line: Line) -> list[str]:
    parts = [f'<g class="{colour}">', *(_polyline(frame, piece) for piece in _pieces(line.points, frame.log))]
    places = [place for place, _value in line.points]
    for place, what in line.marks:
        x = frame.left(frame.x.clamped(place))
        near = nearest(places, place)
        value = math.nan if near is None else line.points[near][1]
        y = frame.top(value) if _drawable(value, frame.log) else _TOP
        shape = f"M{x:.1f} {y - 3:.1f}l-5 -9h10z"
        parts.append(f'<path class="sign" d="{shape}"><title>{escape(what)}</title></path>')
    overflowed = [place for place, value in line.points if math.isinf(value)]
    for place in line.crosses or overflowed[:1]:
        x = frame.left(frame.x.clamped(place))
        parts.append(f'<path class="cross" d="M{x - 5:.1f} {_TOP}l10 10m0 -10l-10 10"/>')
    return [*parts, "</g>"]


def _polyline(frame: _Frame, piece: Sequence[tuple[float, float]]) -> str:
    places = " ".join(f"{frame.left(place):.1f},{frame.top(value):.1f}" for place, value in piece)
    if len(piece) == 1:
        x, y = places.split(",")
        return f'<circle class="sign" cx="{x}" cy="{y}" r="2.5"/>'
    return f'<polyline points="{places}"/>'


def _pieces(points: Sequence[tuple[float, float]], log: bool) -> list[list[tuple[float, float]]]:
    """The points without those that cannot be drawn, parted where those were."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if _drawable(point[1], log):
            pieces[-1].append(point)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _legend(colour: str, name: str) -> str:
    return f'<span class=key><span class="{colour}"></span>{escape(name)}</span> '


def _colour(number: int, line: Line) -> str:
    """The class of a line; the colours begin again where they are all used."""
    return f"curve{(number if line.colour is None else line.colour) % len(_LIGHT)}"


def colours() -> str:
    """The style of the curves, on light and on dark paper."""
    light, dark = (
        " ".join(f".curve{number} {{ --colour: {shade}; }}" for number, shade in enumerate(shades))
        for shades in (_LIGHT, _DARK)
    )
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"
