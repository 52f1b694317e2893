"""The hidden state over the characters of a completion, and one unit over the text."""

from __future__ import annotations

from itertools import accumulate

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.equations import equations
from lyricterm.app.inspector.pieces import PLAIN, Lines, Paint, TextLine, flow
from lyricterm.app.widgets.titled import fitting
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import AskHidden, HiddenShown
from lyricterm.core.number_format import figure
from lyricterm.core.sanitize import one_line

_LABEL = 7
_TEXT_ROWS = 4
_LEAST_ROWS = 3


class HiddenUnitsView(View):
    """↑ ↓ pick a unit, ← → move along the text."""

    title, short = N_("hidden units"), N_("units")
    help = N_("the state over the characters of the completion")
    keys = {
        "down": N_("next unit"),
        "up": N_("previous unit"),
        "right": N_("along the text"),
        "left": N_("back"),
        "home": N_("most varied"),
        "end": N_("least varied"),
        "choose": N_("H, C, a gate, or another layer"),
    }
    answer: HiddenShown | None = None

    def __init__(self) -> None:
        self._unit: int | None = None
        self._part = "H"
        self._left = 0
        self._fitting: tuple[object, tuple[int, ...]] = (None, ())

    def question(self, sight: Sight) -> AskHidden:
        """The units that there is room for."""
        return AskHidden(sight.typed, sight.state.wanted.pred_len, self._unit, self._rows(sight), self._part)

    def _rows(self, sight: Sight) -> int:
        return max(_LEAST_ROWS, sight.height - _text_rows(sight) - 3 - len(equations(sight)))

    def forget(self) -> None:
        """Another model has other units."""
        super().forget()
        self._unit, self._part, self._left = None, "H", 0

    def press(self, key: str, sight: Sight) -> None:
        """↑ ↓ Home End pick a unit by its place in the order; ← → move the heat map."""
        seen = self.answer
        if seen is None:
            return
        last = len(seen.order) - 1
        at = seen.order.index(self._unit) if self._unit in seen.order else seen.order.index(seen.unit)
        moves = {"up": -1, "down": 1, "page-up": -len(seen.values), "page-down": len(seen.values)}
        if key in (*moves, "home", "end"):
            to = {"home": 0, "end": last}.get(key, at + moves.get(key, 0))
            self._unit = seen.order[max(0, min(last, to))]
        if key == "choose":
            self._part = seen.parts[(seen.parts.index(seen.part) + 1) % len(seen.parts)]
        self._left += {"left": -1, "right": 1}.get(key, 0)
        self._left = max(0, min(self._left, len(seen.text) - 1))

    def go_to(self, number: int) -> None:
        """A unit was clicked."""
        self._unit = number

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """The text in the colours of one unit, then all units that there is room for."""
        seen = self.answer
        if seen is None:
            return []
        unit = self._unit if self._unit in seen.order else seen.unit
        at = seen.order.index(unit)
        shown = seen.order[seen.first : seen.first + len(seen.values)]
        if unit not in shown:
            unit, at = seen.unit, seen.order.index(seen.unit)
        lines = [self._head(seen, unit, at, sight.width, paint)]
        values = seen.values[at - seen.first]
        scale = seen.largest or 1.0
        lines += flow(seen.text, (paint.heat(value / scale) for value in values), sight.width, _text_rows(sight))
        lines += [_legend(seen.largest, paint), self._characters(seen, sight.width, paint)]
        for number, row in zip(shown, seen.values, strict=True):
            lines.append(self._unit_row(seen, number, row, sight.width, paint, picked=number == unit))
        return [*lines, *(TextLine(words, paint["quiet"]) for words in equations(sight))]

    def _head(self, seen: HiddenShown, unit: int, at: int, width: int, paint: Paint) -> TextLine:
        texts = (
            _("unit {unit} · {place} of {count} by how much it varies · standard deviation {spread}"),
            _("unit {unit} · {place} of {count} · deviation {spread}"),
        )
        words = {"place": f"{at + 1:,}", "count": f"{len(seen.order):,}", "spread": figure(seen.spread[at])}
        told = fitting([text.format(unit=unit, **words) for text in texts], width - 4)
        line = TextLine("‹ ", paint.click("key", "press('up')")).add(told, paint["title"])
        line.add(" ›", paint.click("key", "press('down')"))
        if len(seen.parts) > 1:
            line.add("  ")
            of_layer = len(seen.parts) // seen.layers
            first = seen.parts.index(seen.part) // of_layer * of_layer
            for part in seen.parts[first : first + of_layer]:
                line.add(f" {part} ", paint.click("picked" if part == seen.part else "quiet", "press('choose')"))
        return line

    def _characters(self, seen: HiddenShown, width: int, paint: Paint) -> TextLine:
        line = TextLine("‹", paint.click("key", "press('left')")).add(_right(seen.part) + " ", paint["quiet"])
        line.add("›", paint.click("key", "press('right')"))
        fitting = len(self._cells(seen, width - line.width))
        for place, character in enumerate(seen.text[self._left : self._left + fitting], self._left):
            line.add(one_line(character), paint["typed" if place < seen.typed else "plain"])
        return line

    def _unit_row(
        self, seen: HiddenShown, unit: int, values: tuple[float, ...], width: int, paint: Paint, *, picked: bool
    ) -> TextLine:
        style = paint.click("picked" if picked else "quiet", f"go_to({unit})")
        line = TextLine(f"{unit:>{_LABEL - 1}}", style).add(" ")
        scale = seen.largest or 1.0
        run, of_run = "", PLAIN
        # Neighbours of one shade become one piece.
        for value, cells in zip(values[self._left :], self._cells(seen, width - line.width), strict=False):
            ground = paint.heat(value / scale)
            if ground is not of_run:
                line.add(run, of_run)
                run, of_run = "", ground
            run += paint.sign(value / scale) * cells
        return line.add(run, of_run)

    def _cells(self, seen: HiddenShown, room: int) -> tuple[int, ...]:
        """How many cells each character takes, of those that there is room for."""
        if self._fitting[0] != (seen.text, self._left, room):
            cells = [cell_len(one_line(character)) for character in seen.text[self._left :]]
            fitting = tuple(own for own, sofar in zip(cells, accumulate(cells), strict=True) if sofar <= room)
            self._fitting = (seen.text, self._left, room), fitting
        return self._fitting[1]


def _right(part: str) -> str:
    return " " * (_LABEL - 3 - cell_len(part)) + part


def _text_rows(sight: Sight) -> int:
    """Lines of text that are needed if each character to come is a wide one, as far as there is room."""
    cells = cell_len(one_line(sight.typed)) + 2 * sight.state.wanted.pred_len
    return max(1, min(_TEXT_ROWS, sight.height // 5, -(-cells // sight.width)))


def _legend(largest: float, paint: Paint) -> TextLine:
    line = TextLine(f"-{figure(largest)} ", paint["quiet"])
    for step in range(-6, 7):
        line.add(paint.sign(step / 6), paint.heat(step / 6))
    return line.add(f" +{figure(largest)}", paint["quiet"])
