"""How the gradient shrinks or grows on its way back through time, on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.equations import equations
from lyricterm.app.inspector.pieces import PLAIN, Lines, Paint, TextLine, beside, prose
from lyricterm.core.i18n import N_, _, n_
from lyricterm.core.inspection import AskThroughTime, ThroughTimeShown
from lyricterm.core.number_format import setting_value
from lyricterm.plotting import blocks
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import AXIS
from lyricterm.plotting.series import Level, Series
from lyricterm.plotting.ticks import tick_label, tick_labels

_LEAST_WIDTH = 38
_GAP = "   "
_LOW = 14
"""Rows below which the explanation comes last."""
_LEAST_ROWS = 4
_STEADY = 1.1
"""A factor per step closer to 1 than this neither vanishes nor explodes to speak of."""


class ThroughTimeView(View):
    """Two losses: that of the last time step alone, and that of all."""

    title, short = N_("through time"), N_("time")
    help = N_("how far back the gradient reaches")
    answer: ThroughTimeShown | None = None

    def question(self, sight: Sight) -> AskThroughTime:
        """Always the same; the model changes."""
        return AskThroughTime()

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """What is shown, two charts on the same scale, and what they say."""
        seen = self.answer
        if seen is None:
            return []
        steps = len(seen.last)
        head = _(
            "‖∂L/∂H_t‖, live: the norm of the gradient with respect to the hidden state, from the last time step "
            "(t = {steps}, left) back to the first (t = 1, right), on a log scale. {cell}, {activation}."
        ).format(steps=steps, cell=seen.cell, activation=setting_value(seen.activation))
        top = [
            *prose(head, sight.width, paint["quiet"]),
            *(TextLine(words, paint["quiet"]) for words in equations(sight)),
        ]
        end = _verdicts(seen, sight.width, paint)
        charts = [(_("last time step alone (L = L_{steps})").format(steps=steps), seen.last, "bar")]
        if seen.memory:
            charts.append((_("the same to C: ‖∂L_{steps}/∂C_t‖").format(steps=steps), seen.memory, "bar-ahead"))
        for layer, norms in enumerate(seen.below, 1):
            charts.append((_("the same to layer {number}").format(number=layer), norms, "bar"))
            if seen.memory_below:
                words = _("the same to C of layer {number}").format(number=layer)
                charts.append((words, seen.memory_below[layer - 1], "bar-ahead"))
        if seen.ahead:
            charts.append((_("after the next, unclipped step"), seen.ahead, "bar-ahead"))
        charts.append((_("all time steps (L = L_1 + … + L_{steps})").format(steps=steps), seen.total, "bar-too"))
        drawn = _charts(charts, sight, len(top) + len(end) + 2, paint)
        if sight.height < _LOW:
            return [*end, *drawn, TextLine(), *top]
        return [*top, TextLine(), *drawn, TextLine(), *end]


def _charts(charts: Sequence[tuple[str, Sequence[float], str]], sight: Sight, others: int, paint: Paint) -> Lines:
    """Side by side where there is room, else one below the other; ``others``: lines that are needed beside them."""
    low, high = _decades([norm for _title, norms, _bar in charts for norm in norms])
    count = len(charts)
    if sight.width < _LEAST_WIDTH * count:
        rows = max(_LEAST_ROWS, (sight.height - others - count + 1) // count - 2)
        box = Box(low, high, sight.width, rows)
        drawn = [_chart(title, norms, box, paint, bar) for title, norms, bar in charts]
        return [line for one in drawn for line in (TextLine(), *one)][1:]
    box = Box(low, high, (sight.width - len(_GAP) * (count - 1)) // count, max(_LEAST_ROWS, sight.height - others - 2))
    drawn = [_chart(title, norms, box, paint, bar) for title, norms, bar in charts]
    joined = drawn[-1]
    for one in reversed(drawn[:-1]):
        joined = beside(one, joined, box.width, _GAP)
    return joined


def _verdicts(seen: ThroughTimeShown, width: int, paint: Paint) -> Lines:
    """What the charts say in a sentence each."""
    lines = prose(_verdict(seen.last), width, paint["alarm" if _explodes(seen.last) else "accent"])
    if seen.memory:
        words = _("C, the memory: {verdict}").format(verdict=_verdict(seen.memory))
        lines += prose(words, width, paint["alarm" if _explodes(seen.memory) else "accent"])
    if seen.ahead:
        words = _("After the next step, which is not clipped: {verdict}").format(verdict=_verdict(seen.ahead))
        lines += prose(words, width, paint["alarm" if _explodes(seen.ahead) else "accent"])
    return lines


@dataclass(frozen=True)
class Box:
    """What both charts share: the ends of the scale in powers of ten, cells, rows of the bars."""

    low: int
    high: int
    width: int
    rows: int


def _chart(title: str, norms: Sequence[float], box: Box, paint: Paint, bar: str) -> Lines:
    # Back in time from left to right.
    back = tuple(reversed(norms))
    ends = tuple(Level(10.0**exponent, "") for exponent in (box.low, box.high))
    chart = Chart((Series(tuple(map(float, range(len(back)))), back),), levels=ends)
    looks = {blocks.BAR: bar, AXIS: "quiet", blocks.OVERFLOW: "alarm"}
    grid = blocks.draw(chart, box.width, box.rows, tick_labels)
    lines = [TextLine(title, paint["title"]).fill(box.width)]
    for row in range(box.rows):
        line = TextLine()
        for text, look in grid.runs(row):
            line.add(text, paint[looks[look]] if look else PLAIN)
        lines.append(line)
    gutter = blocks.gutter(chart, box.width, box.rows, tick_labels)
    first, last = f"t = {len(norms)}", "t = 1"
    gap = box.width - gutter - len(first) - len(last)
    arrow = _("back in time →")
    middle = arrow.center(gap - (cell_len(arrow) - len(arrow))) if cell_len(arrow) <= gap else " " * gap
    lines.append(TextLine(" " * gutter + first + middle + last, paint["quiet"]))
    return lines


def _decades(norms: Sequence[float]) -> tuple[int, int]:
    """The scale in powers of ten, in steps of two so that it does not jump about."""
    finite = [math.log10(norm) for norm in norms if 0 < norm < math.inf]
    if not finite:
        return -2, 2
    low, high = 2 * math.floor(min(finite) / 2), 2 * math.ceil(max(finite) / 2)
    # Beyond these a power of ten is no float.
    low, high = max(low, -306), min(high, 308)
    return low, max(high, low + 2)


def _explodes(norms: Sequence[float]) -> bool:
    return math.inf in norms or _factor(norms) > _STEADY


def _factor(norms: Sequence[float]) -> float:
    """By how much it changes per step back, on average; NaN if that cannot be said."""
    steps, first, last = len(norms) - 1, norms[0], norms[-1]
    if not steps or not (0 < first < math.inf and 0 < last < math.inf):
        return math.nan
    return float((first / last) ** (1 / steps)) if first / last > 0 else math.nan


def _verdict(norms: Sequence[float]) -> str:
    steps = len(norms) - 1
    if math.inf in norms:
        return _("The gradient overflows on its way back: it explodes.")
    if not steps:
        return _("There is one time step only: nothing to go back through.")
    if norms[-1] == 0:
        return _("The gradient is zero at the last time step already: no hidden unit passes anything on.")
    if norms[0] == 0:
        reach = sum(norm > 0 for norm in norms) - 1
        return n_(
            "After {reach} step back nothing at all is left of the last step's gradient: it vanishes.",
            "After {reach} steps back nothing at all is left of the last step's gradient: it vanishes.",
            reach,
        ).format(reach=reach)
    factor = _factor(norms)
    words = _("On average × {factor} per step back: after {steps} steps {share} of it is left: it vanishes.")
    if factor > _STEADY:
        words = _("On average × {factor} per step back: after {steps} steps it is {share} times as large: it explodes.")
    elif factor > 1 / _STEADY:
        words = _("On average × {factor} per step back: after {steps} steps it is {share} times as large.")
    return words.format(factor=f"{factor:.2f}", steps=steps, share=tick_label(float(f"{norms[0] / norms[-1]:.1e}")))
