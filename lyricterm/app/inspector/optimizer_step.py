"""The step that the optimiser takes next, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, prose
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import AskOptimizerStep, OptimizerStepShown, ParameterStep
from lyricterm.core.number_format import figure, setting_value

_LOW = 14
"""Rows below which the explanation comes last."""
_NAME, _GAP = 6, 2
_LEAST = 9
"""Cells of a column, at least."""
_ALIKE = 1.01
"""Rates closer to each other than by this factor are called the same."""


@dataclass(frozen=True)
class Column:
    """One figure of each parameter."""

    title: str
    value: Callable[[ParameterStep], float]
    look: str
    rank: int
    """With little room those of the highest rank are left out."""


_COLUMNS = (
    Column("‖w‖", lambda each: each.value, "quiet", 4),
    Column("‖g‖", lambda each: each.gradient, "plain", 1),
    Column("‖Δw‖", lambda each: each.step, "accent", 0),
    Column("‖Δw‖/‖w‖", lambda each: each.ratio, "plain", 2),
    Column("‖Δw‖/‖g‖", lambda each: each.rate, "good", 3),
)


class OptimizerStepView(View):
    """Worked out anew as the model learns."""

    title, short = N_("optimizer's step"), N_("step")
    help = N_("the optimizer's next step, parameter by parameter")
    answer: OptimizerStepShown | None = None

    def question(self, sight: Sight) -> AskOptimizerStep:
        """Always the same; the model changes."""
        return AskOptimizerStep()

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """Whose step it is, the table, what it says, and what the columns are."""
        seen = self.answer
        if seen is None:
            return []
        told = _(
            "The step that the next minibatch makes, worked out on a copy of the weights and of the "
            "optimizer's memory; the state it starts from is a constant."
        )
        about = prose(told, sight.width, paint["quiet"])
        low = sight.height < _LOW
        lines = [*(() if low else (*about, TextLine())), *_facts(seen, sight.width, paint), TextLine()]
        lines += [*_table(seen.parameters, sight.width, paint), TextLine(), *_verdict(seen, sight.width, paint)]
        return [*lines, TextLine(), *_explained(sight.width, paint), *(about if low else ())]


def _facts(seen: OptimizerStepShown, width: int, paint: Paint) -> Lines:
    words = _("epoch {epoch}, minibatch {minibatch} · step {step} of {optimizer}, learning rate {lr}")
    told = words.format(
        epoch=f"{seen.epoch + 1:,}",
        minibatch=f"{seen.minibatch + 1:,}",
        optimizer=setting_value(seen.optimizer),
        lr=figure(seen.lr),
        step=f"{seen.steps + 1:,}",
    )
    norm = _("gradient norm {norm}").format(norm=figure(seen.norm))
    if seen.clipped < seen.norm:
        norm = _("gradient norm {norm}, clipped to {clipped}").format(
            norm=figure(seen.norm), clipped=figure(seen.clipped)
        )
    return [*prose(told, width, paint["title"]), *prose(norm, width, paint["plain"])]


def _table(parameters: Sequence[ParameterStep], width: int, paint: Paint) -> Lines:
    shown = _fitting(width)
    room = max(_LEAST, *(cell_len(column.title) for column in shown))
    head = TextLine(" " * _NAME)
    for column in shown:
        head.add(_right(column.title, room), paint["quiet"])
    lines = [head]
    for each in parameters:
        line = TextLine(each.name.ljust(_NAME), paint["title"])
        for column in shown:
            line.add(_right(figure(column.value(each)), room), paint[column.look])
        lines.append(line)
    return lines


def _fitting(width: int) -> list[Column]:
    """The columns that there is room for, in their order."""
    most = max(1, (width - _NAME) // (_LEAST + _GAP))
    return [column for column in _COLUMNS if column.rank < most]


def _right(word: str, room: int) -> str:
    return " " * (_GAP + room - cell_len(word)) + word


def _verdict(seen: OptimizerStepShown, width: int, paint: Paint) -> Lines:
    """Whether the parameters are moved at one rate, in one sentence."""
    if seen.overflow:
        told = _("The gradient overflows: no step can be taken, and the run diverges here.")
        return prose(told, width, paint["alarm"])
    rates = [(each.rate, each.name) for each in seen.parameters if each.rate > 0 and math.isfinite(each.rate)]
    if not rates:
        return prose(_("No parameter is moved: the gradient is zero."), width, paint["accent"])
    (low, slow), (high, fast) = min(rates), max(rates)
    if high < low * _ALIKE:
        told = _("All parameters are moved at the same rate: the step is {rate} times the gradient.")
        return prose(told.format(rate=figure(high)), width, paint["accent"])
    told = _("Each parameter has its own rate: that of {fast} is {factor} times that of {slow}.")
    return prose(told.format(fast=fast, slow=slow, factor=figure(high / low)), width, paint["accent"])


def _explained(width: int, paint: Paint) -> Lines:
    sentences = (
        _("w: the parameter, g: its gradient before clipping, Δw: the step; ‖ ‖ is the norm over all entries."),
        _("‖Δw‖/‖w‖: by what share of itself a parameter moves; it is not known while the parameter is zero."),
        _("‖Δw‖/‖g‖: the effective learning rate: with it, an unclipped step w - lr g would be as long."),
    )
    return [line for sentence in sentences for line in prose(sentence, width, paint["quiet"])]
