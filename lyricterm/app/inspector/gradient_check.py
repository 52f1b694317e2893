"""Our gradients against autograd's, when asked for."""

from __future__ import annotations

import math
from collections.abc import Hashable

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, prose
from lyricterm.app.run_state import RunState
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import AskCheck, CheckShown, ParameterCheck
from lyricterm.core.number_format import figure, setting_value

_WIDE = 76
_NUMBER, _ENTRY, _LARGEST, _SHAPE = 11, 11, 9, 12
"""Cells of the columns."""
_GAP = 2
"""Cells between the two precisions."""
_DOUBLE = 1e-10
"""A difference in float64, as a share of the largest entry, from which on it is no rounding any more."""
_LOW = 14
"""Rows below which the explanation comes last."""


class GradientCheckView(View):
    """Asks only when a person does: it takes as long as a few minibatches."""

    title, short = N_("gradient check"), N_("check")
    help = N_("our gradients against autograd's")
    keys = {"choose": N_("check now")}
    answer: CheckShown | None = None

    def __init__(self) -> None:
        self._turn = 0

    def question(self, sight: Sight) -> AskCheck | None:
        """The check that was asked for last, if it has not been answered."""
        done = self.answer.turn if self.answer else 0
        return AskCheck(self._turn) if self._turn > done else None

    def place(self, state: RunState) -> Hashable:
        """It is not asked again by itself."""
        return None

    def press(self, key: str, sight: Sight) -> None:
        """Enter checks."""
        if key == "choose":
            self._turn += 1

    def forget(self) -> None:
        """Another model: nothing is checked of it."""
        super().forget()
        self._turn = 0

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """What is compared, the table, and what to expect."""
        told = _(
            "The hand-derived gradient of the next minibatch, against the chapter's own way (one-hot, a loop, "
            "autograd), both on copies of the weights; the state it starts from is a constant."
        )
        about = prose(told, sight.width, paint["quiet"])
        low = sight.height < _LOW
        lines = [] if low else [*about, TextLine()]
        button = TextLine(" " + _("check now") + " ", paint.click("button", "press('choose')"))
        seen = self.answer
        waits = self._turn > (seen.turn if seen else 0)
        if waits:
            button.add("  " + _("checking…"), paint["accent"])
        elif seen is not None:
            words = _("epoch {epoch}, minibatch {minibatch} · {cell}, {activation} · took {seconds} s").format(
                epoch=f"{seen.epoch + 1:,}",
                minibatch=f"{seen.minibatch + 1:,}",
                cell=seen.cell,
                activation=setting_value(seen.activation),
                seconds=f"{seen.seconds:.2f}",
            )
            if button.width + cell_len(words) + 2 > sight.width:
                lines += [button, *prose(words, sight.width, paint["quiet"])]
            else:
                lines.append(button.add("  ").add(words, paint["quiet"]))
        if seen is None or waits:
            lines.append(button)
        if seen is not None:
            lines += [
                TextLine(),
                *_table(seen, sight.width, paint),
                TextLine(),
                *_verdict(seen, sight.width, paint),
            ]
        return [*lines, TextLine(), *_explained(sight.width, paint), *(about if low else ())]


def _table(seen: CheckShown, width: int, paint: Paint) -> Lines:
    wide = width >= _WIDE
    shape, span = (_SHAPE, _NUMBER + _ENTRY) if wide else (0, _NUMBER)
    above = TextLine(" " * (6 + shape) + (" " * _LARGEST if wide else ""))
    for kind in ("float32", "float64"):
        above.add(" " * _GAP + kind.rjust(span), paint["title"])
    head = TextLine("".ljust(6), paint["quiet"])
    if wide:
        head.add(_cell(_("shape"), shape), paint["quiet"]).add(_right(_("largest"), _LARGEST), paint["quiet"])
    names = ((_("of largest"), _NUMBER), (_("by entry"), _ENTRY))[: 2 if wide else 1]
    for _kind in range(2):
        head.add(" " * _GAP)
        for name, room in names:
            head.add(_right(name, room), paint["quiet"])
    return [above, head, *(_parameter(each, wide, shape, paint) for each in seen.parameters)]


def _parameter(each: ParameterCheck, wide: bool, shape: int, paint: Paint) -> TextLine:
    line = TextLine(each.name.ljust(6), paint["title"])
    if wide:
        line.add(" × ".join(f"{size:,}" for size in each.shape).ljust(shape), paint["quiet"])
        line.add(_number(each.largest, _LARGEST), paint["plain"])
    for told in (each.single, each.double):
        line.add(" " * _GAP)
        line.add(_number(told.of_largest), paint["good" if _agree(each) else "alarm"])
        if wide:
            line.add(_number(told.entrywise, _ENTRY), paint["quiet"])
    return line


def _verdict(seen: CheckShown, width: int, paint: Paint) -> Lines:
    """Whether all parameters agree, in one sentence."""
    apart = [each.name for each in seen.parameters if not _agree(each)]
    if apart:
        told = _("They do not agree: {parameters} differ by more than rounding, or overflow.")
        return prose(told.format(parameters=", ".join(apart)), width, paint["alarm"])
    told = _(
        "They agree: in float64 the largest difference is {double} of the largest entry, so the {single} in float32 is "
        "rounding."
    )
    words = {
        "single": figure(max(each.single.of_largest for each in seen.parameters)),
        "double": figure(max(each.double.of_largest for each in seen.parameters)),
    }
    return prose(told.format(**words), width, paint["good"])


def _agree(each: ParameterCheck) -> bool:
    """By float64: where the parts of a gradient cancel, float32 keeps few digits of it, in both ways."""
    return each.double.of_largest < _DOUBLE and math.isfinite(each.single.of_largest)


def _number(value: float, room: int = _NUMBER) -> str:
    return _right(_("overflow") if not math.isfinite(value) else figure(value) if value else "0", room)


def _cell(word: str, width: int) -> str:
    return TextLine(word).fill(width).strip().text


def _right(word: str, width: int) -> str:
    return " " * max(1, width - cell_len(word)) + word


def _explained(width: int, paint: Paint) -> Lines:
    sentences = (
        _("of largest: max |ours - autograd's| / max |gradient|, over the entries of one parameter."),
        _("by entry: the largest |ours - autograd's| / max(|ours|, |autograd's|), mostly of an entry near zero."),
        _(
            "float32 keeps about 7 digits and the two add up in another order: expect up to about 10⁻⁵ of the largest, "
            "and by entry anything up to 1. float64 keeps about 16: there the two agree, below 10⁻¹²."
        ),
    )
    return [line for sentence in sentences for line in prose(sentence, width, paint["quiet"])]
