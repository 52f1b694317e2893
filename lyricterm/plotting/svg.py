"""Curves as SVG for a page: ``draw`` gives the picture, ``STYLE`` the CSS that it needs.

All text in it is made safe and escaped. The CSS uses ``--quiet`` and ``--faint`` of the page around it.
"""

from __future__ import annotations

import html
from dataclasses import replace

from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.plotting import colours
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Point, Series, drawable
from lyricterm.plotting.ticks import tick_labels

_WIDTH, _HEIGHT = 860, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 44, 22, 46
_CROSS = 12
"""Between two crosses."""
_LINE = 14
"""Height of a line of text."""


def draw(chart: Chart, title: str) -> str:
    """The picture, or nothing where there is no value to draw.

    Args:
        chart: what to draw; its zoom and cursor are left out.
        title: what the picture shows, for those who cannot see it.
    """
    values = [value for series in chart.series for value in series.shown(chart.log)]
    if not any(drawable(value, chart.log) for value in (*values, *(level.value for level in chart.levels))):
        return ""
    frame = _Frame(replace(chart, view=None, cursor=None))
    shown = (level for level in chart.levels if frame.chart.shows(level.value))
    parts = [*_x_axis(frame), *_y_axis(frame), *(_level(frame, level) for level in shown)]
    crosses: list[float] = []
    for series in chart.series:
        parts += _curve(frame, series, crosses)
    parts += [_change(frame, change) for change in chart.changes]
    parts += _labels(frame)
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_escaped(title)}">\n{body}\n</svg>\n'


def colour_class(series: Series) -> str:
    """The CSS class that gives an element a curve's colour as ``--colour``."""
    return f"curve{series.colour % colours.COUNT}"


class _Frame:
    """Where places and values lie on the picture."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.across, self.upwards = chart.across, chart.upwards

    def x(self, place: float) -> float:
        return _LEFT + self.across.share(self.across.clamped(place)) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = min(max(self.upwards.share(self.chart.height(value)), 0.0), 1.0)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _x_axis(frame: _Frame) -> list[str]:
    base, unit = _HEIGHT - _BOTTOM, frame.chart.unit
    parts = [f'<line class="axis" x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}"/>']
    ticks = unit.ticks(frame.across, 9)
    for tick, label in zip(ticks, unit.labels(ticks), strict=True):
        x = frame.x(tick)
        parts.append(f'<line class="axis" x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 5}"/>')
        parts.append(_text(x, base + 19, label, "middle"))
    return [*parts, _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, _(unit.title), "middle")]


def _y_axis(frame: _Frame) -> list[str]:
    parts = [f'<line class="axis" x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{_HEIGHT - _BOTTOM}"/>']
    ticks = frame.chart.ticks_up(9)
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        y = frame.y(tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, label, "end"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f' transform="rotate(-90 14 {middle})"'
    return [*parts, _text(14, middle, frame.chart.title, "middle", turned)]


def _level(frame: _Frame, level: Level) -> str:
    y = frame.y(level.value)
    line = f'<line class="level" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
    return line + _text(_WIDTH - _RIGHT, y - 4, level.name, "end")


def _curve(frame: _Frame, series: Series, crosses: list[float]) -> list[str]:
    """``crosses``: where crosses stand already; those of this curve are added."""
    log = frame.chart.log
    pieces = series.pieces(log, frame.across)
    look = " dotted" if series.dotted else ""
    parts = [f'<g class="{colour_class(series)}{look}">', *(part for piece in pieces for part in _piece(frame, piece))]
    parts += [_mark(frame, series, mark) for mark in series.marks]
    for place in series.overflows:
        x = _beside(frame.x(place), crosses)
        crosses.append(x)
        parts.append(f'<path class="cross" d="M{x - 5:.1f} {_TOP - 5}l10 10m0 -10l-10 10"/>')
    return [*parts, "</g>"]


def _beside(x: float, taken: list[float]) -> float:
    """Where a cross goes: to its place, or to the right of the others that stand there."""
    for other in sorted(taken):
        if abs(x - other) < _CROSS:
            x = other + _CROSS
    return x


def _piece(frame: _Frame, piece: list[Point]) -> list[str]:
    """A line, and an arrow at the upper edge where it leaves the axis."""
    arrows = [
        f'<path class="sign beyond" d="M{frame.x(place):.1f} {_TOP - 14}l-5 9h10z"/>'
        for place, _value in frame.chart.exits(piece)
    ]
    return [*(_polyline(frame, part) for part in _inside(frame, piece)), *arrows]


def _inside(frame: _Frame, piece: list[Point]) -> list[list[Point]]:
    """The parts of a line that lie on the axis, each to where it crosses the upper edge."""
    parts: list[list[Point]] = [[]]
    for before, point in zip([None, *piece[:-1]], piece, strict=True):
        above = frame.chart.beyond(point[1])
        if before is not None and above is not frame.chart.beyond(before[1]):
            parts[-1].append(frame.chart.crossing(before, point))
        if not above:
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _polyline(frame: _Frame, part: list[Point]) -> str:
    if len(part) == 1:
        ((place, value),) = part
        return f'<circle class="sign" cx="{frame.x(place):.1f}" cy="{frame.y(value):.1f}" r="2.5"/>'
    places = " ".join(f"{frame.x(place):.1f},{frame.y(value):.1f}" for place, value in part)
    return f'<polyline points="{places}"/>'


def _mark(frame: _Frame, series: Series, mark: PlotMark) -> str:
    x = frame.x(mark.place)
    value = series.value_before(mark.place, frame.chart.log)
    y = _TOP if value is None or frame.chart.beyond(value) else frame.y(value)
    shape = f"M{x:.1f} {y + 3:.1f}l-5 9h10z" if mark.below else f"M{x:.1f} {y - 3:.1f}l-5 -9h10z"
    return f'<path class="mark" d="{shape}"><title>{_escaped(mark.words)}</title></path>'


def _change(frame: _Frame, change: PlotMark) -> str:
    x = frame.x(change.place)
    return f'<path class="mark" d="M{x:.1f} {_TOP}l-5 -9h10z"><title>{_escaped(change.words)}</title></path>'


def _labels(frame: _Frame) -> list[str]:
    """Each curve's label behind its end; those that would lie over each other stand below each other."""
    ends = []
    for series in frame.chart.series:
        point = series.last_within(frame.chart.log, frame.across)
        if series.label and not series.dotted and point is not None:
            y = _TOP - 5.0 if frame.chart.beyond(point[1]) else frame.y(point[1]) + 4
            ends.append((y, frame.x(point[0]) + 6, series))
    ends.sort(key=lambda end: end[:2])
    if len(ends) * _LINE > _HEIGHT - _TOP:
        return []
    heights = _apart([y for y, _x, _series in ends])
    return [
        f'<text x="{x:.1f}" y="{y:.1f}">'
        f'<tspan class="label {colour_class(series)}">{_escaped(series.label)}</tspan></text>'
        for y, (_y, x, series) in zip(heights, ends, strict=True)
    ]


def _apart(heights: list[float]) -> list[float]:
    """Ascending heights, moved as little as a line of text between each two and the lower edge need."""
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + _LINE)
    lowest = float(_HEIGHT - _BOTTOM)
    for i in range(len(heights) - 1, -1, -1):
        heights[i] = min(heights[i], lowest)
        lowest = heights[i] - _LINE
    return heights


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{_escaped(words)}</text>'


def _escaped(text: str) -> str:
    return html.escape(one_line(text), quote=True)


def _palette(shades: tuple[str, ...]) -> str:
    return " ".join(f".curve{number} {{ --colour: {shade}; }}" for number, shade in enumerate(shades))


STYLE = f"""\
svg {{ width: 100%; height: auto; }} svg text {{ fill: var(--quiet); font-size: 12px; }}
polyline {{ fill: none; stroke: var(--colour); stroke-width: 1.8; stroke-linejoin: round; }}
.dotted polyline {{ stroke-dasharray: 2 4; }}
.axis {{ stroke: var(--quiet); }} .grid {{ stroke: var(--faint); stroke-width: 0.6; }}
.level {{ stroke: var(--quiet); stroke-dasharray: 5 4; }}
.cross {{ fill: none; stroke: var(--colour); stroke-width: 2.4; }}
.sign {{ fill: var(--colour); }} .mark {{ fill: var(--ink); stroke: var(--colour); stroke-width: 1.4; }}
svg .label {{ fill: var(--colour); font-weight: 700; }}
{_palette(colours.LIGHT)}
@media (prefers-color-scheme: dark) {{ {_palette(colours.DARK)} }}
"""
