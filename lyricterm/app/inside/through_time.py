"""How the gradient shrinks or grows on its way back through time, on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.app.formats import setting
from lyricterm.app.inside.base import Sight, View
from lyricterm.app.inside.drawing import Line, Lines, Paint, beside, prose
from lyricterm.app.plot import BLOCKS, height_of, resample
from lyricterm.i18n import N_, _
from lyricterm.inside import AskThroughTime, ThroughTimeShown

_TWO_COLUMNS = 100
_SCALE = 7
_LEAST_ROWS = 4
_STEADY = 1.1
"""A factor per step closer to 1 than this neither vanishes nor explodes to speak of."""


class ThroughTimeView(View):
    """Two losses: that of the last time step alone, and that of all."""

    title, short = N_("through time"), N_("time")
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
        ).format(steps=steps, cell=seen.cell, activation=setting(seen.activation))
        top = prose(head, sight.width, paint["quiet"])
        end = prose(_verdict(seen), sight.width, paint["alarm" if _explodes(seen) else "accent"])
        wide = sight.width >= _TWO_COLUMNS
        room = sight.height - len(top) - len(end) - 4
        rows = max(_LEAST_ROWS, room - 2 if wide else (room - 4) // 2)
        width = (sight.width - 3) // 2 if wide else sight.width
        low, high = _decades((*seen.last, *seen.total))
        one = _("loss of the last time step alone (L = L_{steps})").format(steps=steps)
        both = _("loss of all time steps (L = L_1 + … + L_{steps})").format(steps=steps)
        frame = Frame(low, high, width, rows)
        left = _chart(one, seen.last, frame, paint, "bar")
        right = _chart(both, seen.total, frame, paint, "bar-too")
        drawn = beside(left, right, width, "   ") if wide else [*left, Line(), *right]
        return [*top, Line(), *drawn, Line(), *end]


@dataclass(frozen=True)
class Frame:
    """What both charts share: the ends of the scale in powers of ten, cells, rows of the bars."""

    low: int
    high: int
    width: int
    rows: int


def _chart(title: str, norms: Sequence[float], frame: Frame, paint: Paint, bar: str) -> Lines:
    low, high, width, rows = frame.low, frame.high, frame.width, frame.rows
    # Back in time from left to right.
    points = [_log(norm) for norm in reversed(norms)]
    columns = [min(point, high) if point < math.inf else math.inf for point in resample(points, width - _SCALE)]
    lines = [Line(title, paint["title"])]
    for row in range(rows):
        below = 8 * (rows - 1 - row)
        label = _label(row, rows, low, high)
        line = Line(label.rjust(_SCALE - 1) + " ", paint["quiet"])
        for value in columns:
            if value == math.inf:
                line.add("×", paint["alarm"])
            else:
                height = height_of(value, low, high, rows) if value >= low else 0
                line.add(BLOCKS[min(8, max(0, height - below))], paint[bar])
        lines.append(line)
    first, last = f"t = {len(norms)}", "t = 1"
    gap = width - _SCALE - len(first) - len(last)
    arrow = _("back in time →")
    middle = arrow.center(gap - (cell_len(arrow) - len(arrow))) if cell_len(arrow) <= gap else " " * gap
    lines.append(Line(" " * _SCALE + first + middle + last, paint["quiet"]))
    return lines


def _label(row: int, rows: int, low: int, high: int) -> str:
    """The power of ten at the upper end, the middle and the lower end."""
    if row in (0, rows - 1):
        return f"1e{high if row == 0 else low:+d}"
    middle = (rows - 1) // 2
    exponent = high - (high - low) * row / (rows - 1)
    return f"1e{round(exponent):+d}" if row == middle and rows >= 5 else ""


def _log(norm: float) -> float:
    if math.isinf(norm):
        return math.inf
    return math.log10(norm) if norm > 0 else -math.inf


def _decades(norms: Sequence[float]) -> tuple[int, int]:
    """The scale in powers of ten, in steps of two so that it does not jump about."""
    finite = [math.log10(norm) for norm in norms if 0 < norm < math.inf]
    if not finite:
        return -2, 2
    low, high = 2 * math.floor(min(finite) / 2), 2 * math.ceil(max(finite) / 2)
    return low, max(high, low + 2)


def _explodes(seen: ThroughTimeShown) -> bool:
    return math.inf in seen.last or _factor(seen) > _STEADY


def _factor(seen: ThroughTimeShown) -> float:
    """By how much the last step's gradient changes per step back, on average; NaN if that cannot be said."""
    steps, first, last = len(seen.last) - 1, seen.last[0], seen.last[-1]
    if not steps or not (0 < first < math.inf and 0 < last < math.inf):
        return math.nan
    return float((first / last) ** (1 / steps)) if first / last > 0 else math.nan


def _verdict(seen: ThroughTimeShown) -> str:
    steps = len(seen.last) - 1
    if math.inf in seen.last:
        return _("The gradient overflows on its way back: it explodes.")
    if not steps:
        return _("There is one time step only: nothing to go back through.")
    if seen.last[-1] == 0:
        return _("The gradient is zero at the last time step already: no hidden unit passes anything on.")
    if seen.last[0] == 0:
        reach = sum(norm > 0 for norm in seen.last) - 1
        return _("After {reach} steps back nothing at all is left of the last step's gradient: it vanishes.").format(
            reach=reach
        )
    factor = _factor(seen)
    words = _("On average × {factor} per step back: after {steps} steps {share} of it is left: it vanishes.")
    if factor > _STEADY:
        words = _("On average × {factor} per step back: after {steps} steps it is {share} times as large: it explodes.")
    elif factor > 1 / _STEADY:
        words = _("On average × {factor} per step back: after {steps} steps it is {share} times as large.")
    return words.format(factor=f"{factor:.2f}", steps=steps, share=f"{seen.last[0] / seen.last[-1]:.2g}")
