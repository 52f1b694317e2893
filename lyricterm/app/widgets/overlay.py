"""Curves of several runs over each other in Braille dots, with axes, a legend, a cursor, and the mouse to move them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from lyricterm.app.canvas import ACROSS, DOWN, Canvas, braille
from lyricterm.app.overlaid import LETTERS, Drawn, Plot, Reading, last_inside, overflows, pieces, value_before
from lyricterm.app.plot import fitting
from lyricterm.app.widgets.titled import Titled
from lyricterm.core.i18n import _
from lyricterm.core.number_format import clock, figure
from lyricterm.plotting.ticks import Span, linear_ticks, log_ticks, tick_label, time_ticks
from lyricterm.reports.describe import mark_words
from lyricterm.storage.run_cache import Trace

DARK = ("#7aa2f7", "#ff9e64", "#9ece6a", "#d58cf0", "#4fd6be", "#f2e06b", "#f7768e", "#a9b1c6")
LIGHT = ("#2456b3", "#b45309", "#2f6f1b", "#8e2fa8", "#0b7a75", "#8a6d00", "#b3261e", "#5d6270")
"""The colours of the letters."""
MIN_WIDTH, MIN_HEIGHT = 36, 6
"""Cells that curves need."""
_ZOOM = 0.8
_CROSS, _MARK, _DOT, _BEYOND = "×", "▾", "●", "↑"
_LEGEND_WIDTH = 44

Cell = tuple[str, Style | None]


def colours(dark: bool) -> tuple[str, ...]:
    """One for each letter."""
    return DARK if dark else LIGHT


@dataclass(frozen=True)
class _Field:
    """Where the dots lie, and what they mean."""

    width: int
    height: int
    across: Span
    upwards: Span
    gutter: int

    def column(self, place: float) -> int:
        return min(max(math.floor(self.x(place) / ACROSS), 0), self.width - 1)

    def row(self, value: float) -> int:
        return min(max(math.floor(self.y(value) / DOWN), 0), self.height - 1)

    def x(self, place: float) -> float:
        """In dots; beyond the edges for what is not looked at."""
        return self.across.share(place) * (self.width * ACROSS - 1)

    def y(self, value: float) -> float:
        """In dots; what is worse than the scale reaches lies at the upper edge, what is better at the lower."""
        share = self.upwards.share(math.log(value))
        return (1 - min(max(share, 0.0), 1.0)) * (self.height * DOWN - 1)

    def place(self, column: int) -> float:
        """The place in the middle of a column."""
        return self.across.at(min(max((column * ACROSS + 0.5) / (self.width * ACROSS - 1), 0.0), 1.0))


class Overlay(Titled):
    """Draws a ``Plot``; tells what the mouse wants of it."""

    COMPONENT_CLASSES = {"overlay--axis", "overlay--level", "overlay--cursor", "overlay--legend", "overlay--words"}

    class Pointed(Message):
        """The mouse is at this place; None once it has left."""

        def __init__(self, place: float | None) -> None:
            super().__init__()
            self.place = place

    class Zoomed(Message):
        """The wheel wants to see ``factor`` as much around a place."""

        def __init__(self, factor: float, place: float) -> None:
            super().__init__()
            self.factor, self.place = factor, place

    class Dragged(Message):
        """The mouse moves the curves by a share of what is seen."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    plot: reactive[Plot] = reactive(Plot())
    sentence: reactive[str] = reactive("")
    """Shown where there are no curves."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._key: tuple[object, ...] = ()
        self._rows: list[Strip] = []
        self._masks: dict[int, tuple[Trace, bool, _Field, bytearray]] = {}
        self._field: _Field | None = None

    def watch_plot(self) -> None:
        """Say what the axes are, and what the cursor reads if there is no room for a legend."""
        plot = self.plot
        over = _("seconds of training") if plot.in_seconds else _("epochs")
        titles = (_("perplexity, log scale, over {axis}").format(axis=over), _("perplexity"))
        reading = "" if self._has_legend() else self._reading_line(plot)
        width = self.size.width - 4
        self.retitle(fitting(titles, width), set_cell_size(reading, width) if cell_len(reading) > width else reading)

    def on_resize(self) -> None:
        """Another size has room for other words."""
        self.watch_plot()

    def render_line(self, y: int) -> Strip:
        """One row; all are worked out once for each plot, size and theme."""
        key = (self.plot, self.sentence, self.size, self.app.theme)
        if key != self._key:
            self._rows = [row.apply_style(self.rich_style) for row in self._draw()]
            self._key = key
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        width, height = self.size
        if self.plot.empty or width < MIN_WIDTH or height < MIN_HEIGHT:
            self._field = None
            return self._said(self.sentence, width, height)
        field = self._field = self._laid_out(width, height)
        cells = self._curves(field)
        self._draw_levels(cells, field)
        self._draw_signs(cells, field)
        self._draw_cursor(cells, field)
        if self._has_legend():
            self._draw_legend(cells, field)
        labels = self._up_labels(field)
        axis = self._style("axis")
        rows = []
        for number, row in enumerate(cells):
            label = labels.get(number, "")
            edge = "┤" if label else "│"
            rows.append(_strip([(label.rjust(field.gutter - 1) + edge, axis), *row]))
        return [*rows, *self._across_labels(field)]

    def _laid_out(self, width: int, height: int) -> _Field:
        upwards = self.plot.upwards
        rows = height - 2
        labels = [tick_label(tick) for tick in _up_ticks(upwards, rows)]
        gutter = max(map(cell_len, labels), default=1) + 1
        return _Field(width - gutter, rows, self.plot.across, upwards, gutter)

    def _said(self, sentence: str, width: int, height: int) -> list[Strip]:
        style = self._style("words")
        shown = set_cell_size(sentence, width) if cell_len(sentence) > width else sentence
        left = (width - cell_len(shown)) // 2
        line = Strip([Segment(" " * left), Segment(shown, style)]).extend_cell_length(width)
        return [line if row == height // 2 else Strip.blank(width) for row in range(height)]

    def _curves(self, field: _Field) -> list[list[Cell]]:
        """The dots of all curves; of two that meet in a cell, only the later one is seen there, in its own colour."""
        width, height = field.width, field.height
        masks, owners = bytearray(width * height), [-1] * (width * height)
        for curve in self._in_order():
            for cell, mask in enumerate(self._dots(curve, field)):
                if mask:
                    masks[cell] = mask
                    owners[cell] = curve.slot
        styles = self._slot_styles()
        flat: list[Cell] = [
            (braille(mask), styles[owner]) if mask else (" ", None) for mask, owner in zip(masks, owners, strict=True)
        ]
        return [flat[start : start + width] for start in range(0, width * height, width)]

    def _in_order(self) -> list[Drawn]:
        return sorted(self.plot.visible, key=lambda curve: (curve.slot == self.plot.ahead, -curve.slot))

    def _dots(self, curve: Drawn, field: _Field) -> bytearray:
        """Of one curve; they are remembered, as mostly only the curve of the running model changes."""
        known = self._masks.get(curve.slot)
        if known and known[0] is curve.trace and known[1:3] == (self.plot.in_seconds, field):
            return known[3]
        canvas = Canvas(field.width, field.height)
        for piece in pieces(curve.trace, self.plot.in_seconds, field.across):
            canvas.path([(field.x(place), field.y(value)) for place, value in piece])
        self._masks[curve.slot] = (curve.trace, self.plot.in_seconds, field, canvas.masks)
        return canvas.masks

    def _draw_levels(self, cells: list[list[Cell]], field: _Field) -> None:
        """Lines under the curves; the lowest is named at the left, where curves are high, the others at the right."""
        style = self._style("level")
        right = self._legend_width() if self._has_legend() and self._legend_corner(field)[1] == 0 else 0
        for number, (value, name) in enumerate(self.plot.levels):
            if not 0 <= field.upwards.share(math.log(value)) <= 1:
                continue
            row = cells[field.row(value)]
            for column in range(field.width):
                if row[column][0] == " ":
                    row[column] = ("┄", style)
            start = 2 if number == 0 else max(2, field.width - right - cell_len(name) - 5)
            _write(row, start, f" {name} ", style)

    def _draw_signs(self, cells: list[list[Cell]], field: _Field) -> None:
        """What was changed, what overflowed, what is beyond the scale, and each curve's letter at its end."""
        styles = self._slot_styles()
        for curve in self._in_order():
            style, trace = styles[curve.slot], curve.trace
            for mark in trace.marks:
                place = trace.place_of(mark.epoch, self.plot.in_seconds)
                row = max(field.row(value_before(trace, mark.epoch)) - 1, 0)
                self._sign(cells, field, place, row, (_MARK, style))
                if field.across.low <= place <= field.across.high:
                    _write_free(cells[row], field.column(place) + 2, mark_words(mark), style)
            self._draw_letter(cells, field, curve, style)
            for place, value in overflows(trace, self.plot.in_seconds):
                # Beside the letter, where the curve ends there.
                self._sign(cells, field, place, field.row(value), (_CROSS, style + Style(bold=True)), LETTERS)

    def _draw_letter(self, cells: list[list[Cell]], field: _Field, curve: Drawn, style: Style) -> None:
        point = last_inside(curve.trace, self.plot.in_seconds, field.across)
        if point is not None:
            place, value = point
            bold = style + Style(bold=True)
            self._sign(cells, field, place, field.row(value), (LETTERS[curve.slot], bold))
            column = field.column(place)
            if math.log(value) > field.upwards.high + 1e-9 and column:
                cells[0][column - 1] = (_BEYOND, bold)

    def _sign(
        self, cells: list[list[Cell]], field: _Field, place: float, row: int, cell: Cell, beside: str = ""
    ) -> None:
        if not field.across.low <= place <= field.across.high:
            return
        column = field.column(place)
        if beside and cells[row][column][0] in beside:
            column += 1 if column + 1 < field.width else -1
        cells[row][column] = cell

    def _draw_cursor(self, cells: list[list[Cell]], field: _Field) -> None:
        cursor = self.plot.cursor
        if cursor is None or not field.across.low <= cursor <= field.across.high:
            return
        column, style = field.column(cursor), self._style("cursor")
        for row in cells:
            if row[column][0] in " ┄":
                row[column] = ("│", style)
        styles = self._slot_styles()
        for reading in self.plot.readings():
            if math.isfinite(reading.value) and reading.value > 0:
                cells[field.row(reading.value)][column] = (_DOT, styles[reading.drawn.slot])

    def _has_legend(self) -> bool:
        width, height = self.size
        return width >= 72 and height >= len(self.plot.curves) + 5

    def _legend_width(self) -> int:
        """Cells that the legend takes of the upper right corner."""
        if not self._has_legend():
            return 0
        return max((cell_len(text) for _slot, text in self._legend_lines()), default=-2) + 2

    def _legend_lines(self) -> list[tuple[int, str]]:
        """For each curve its slot and its words, with what the cursor reads; above them where the cursor is."""
        plot = self.plot
        readings = {reading.drawn.slot: reading for reading in plot.readings()}
        told = {curve.slot: self._told(readings.get(curve.slot)) for curve in plot.curves}
        most = max(map(cell_len, told.values()), default=0)
        lines = []
        for curve in plot.curves:
            room = _LEGEND_WIDTH - most - 2
            words = curve.words if cell_len(curve.words) <= room else set_cell_size(curve.words, room - 1) + "…"
            lines.append((curve.slot, words, told[curve.slot]))
        widest = max((cell_len(words) for _slot, words, _value in lines), default=0)
        shown = [
            (slot, f"{LETTERS[slot]} {set_cell_size(words, widest)}" + (f"  {value.rjust(most)}" if most else ""))
            for slot, words, value in lines
        ]
        return [(-1, where), *shown] if (where := self._where(plot)) else shown

    def _told(self, reading: Reading | None) -> str:
        if self.plot.cursor is None:
            return ""
        if reading is None:
            return figure(math.nan)
        if self.plot.in_seconds:
            sentence = _("{perplexity} (epoch {epoch})")
            return sentence.format(perplexity=figure(reading.value), epoch=f"{reading.epoch:,.0f}")
        return figure(reading.value)

    def _where(self, plot: Plot) -> str:
        if plot.cursor is None:
            return ""
        if plot.in_seconds:
            return _("after {time}").format(time=clock(plot.cursor))
        return _("epoch {epoch}").format(epoch=f"{plot.cursor:,.0f}")

    def _reading_line(self, plot: Plot) -> str:
        """All that the cursor reads, in one line."""
        parts = [f"{LETTERS[each.drawn.slot]} {figure(each.value)}" for each in plot.readings()]
        return " · ".join([self._where(plot), *parts]) if parts else ""

    def _draw_legend(self, cells: list[list[Cell]], field: _Field) -> None:
        styles, plain = self._slot_styles(), self._style("legend")
        lines, width = self._legend_lines(), self._legend_width()
        start, top = self._legend_corner(field)
        for row, (slot, text) in zip(cells[top:], lines, strict=False):
            _write(row, start, f" {set_cell_size(text, width - 2)} ", plain)
            if slot >= 0:
                row[start + 1] = (text[0], plain + styles[slot] + Style(bold=True))

    def _legend_corner(self, field: _Field) -> tuple[int, int]:
        """The column and row where the legend begins: curves fall to the right, so two corners are mostly free."""
        width, height = self._legend_width(), len(self._legend_lines())
        corners = ((field.width - width, 0), (2, field.height - height - 1))
        return min(corners, key=lambda corner: self._covered(field, corner[0], corner[1], width, height))

    def _covered(self, field: _Field, start: int, top: int, width: int, height: int) -> int:
        """How many cells with dots the legend would cover."""
        count = 0
        for curve in self.plot.visible:
            masks = self._dots(curve, field)
            for row in range(max(top, 0), min(top + height, field.height)):
                left = row * field.width + max(start, 0)
                count += width - masks[left : left + width].count(0)
        return count

    def _up_labels(self, field: _Field) -> dict[int, str]:
        """By rows, never two in adjoining ones."""
        labels: dict[int, str] = {}
        for tick in _up_ticks(field.upwards, field.height):
            row = field.row(tick)
            if row not in labels and row + 1 not in labels and row - 1 not in labels:
                labels[row] = tick_label(tick)
        return labels

    def _across_labels(self, field: _Field) -> list[Strip]:
        """The axis, and its labels below."""
        line, words = ["─"] * field.width, [" "] * (field.width + 1)
        most = max(2, field.width // 10)
        seconds = self.plot.in_seconds
        ticks = time_ticks(field.across, most) if seconds else linear_ticks(field.across, most, 1.0)
        free = 0
        for tick in ticks:
            label = clock(tick) if seconds and field.across.size >= 5 else tick_label(tick)
            column = field.column(tick)
            start = min(max(column - len(label) // 2, 0), field.width - len(label))
            if start < free:
                continue
            line[column] = "┬"
            words[start : start + len(label)] = label
            free = start + len(label) + 2
        axis = self._style("axis")
        return [
            _strip([(" " * (field.gutter - 1) + "└" + "".join(line), axis)]),
            _strip([(" " * field.gutter + "".join(words[: field.width]), axis)]),
        ]

    def _slot_styles(self) -> list[Style]:
        return [Style(color=colour) for colour in colours(self.app.current_theme.dark)]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"overlay--{name}", partial=True)

    def _place(self, x: int) -> float | None:
        """What lies under the mouse."""
        if self._field is None:
            return None
        column = x - self._field.gutter
        return self._field.place(column) if 0 <= column < self._field.width else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The cursor follows; with the button held, the curves do."""
        offset = event.get_content_offset(self)
        if offset is None or self._field is None:
            return
        if event.button and event.delta_x:
            self.post_message(self.Dragged(-event.delta_x / self._field.width))
        else:
            self.post_message(self.Pointed(self._place(offset.x)))

    def on_leave(self) -> None:
        """No place is read any more."""
        self.post_message(self.Pointed(None))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer."""
        self._wheel(event, _ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Further away."""
        self._wheel(event, 1 / _ZOOM)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        offset = event.get_content_offset(self)
        place = None if offset is None else self._place(offset.x)
        if place is not None:
            event.stop()
            self.post_message(self.Zoomed(factor, place))


def _up_ticks(upwards: Span, rows: int) -> list[float]:
    high = math.exp(min(upwards.high, 700.0))
    return log_ticks(math.exp(upwards.low), high, max(2, rows // 2))


def _write(row: list[Cell], start: int, text: str, style: Style) -> None:
    """Over what is there; a wide character takes two cells, the second of which is empty."""
    column = start
    for character in text:
        wide = cell_len(character)
        if column < 0 or column + wide > len(row):
            break
        if wide == 0 and column > 0:
            before, its_style = row[column - 1]
            row[column - 1] = (before + character, its_style)
            continue
        row[column] = (character, style)
        if wide == 2:
            row[column + 1] = ("", style)
        column += wide


def _write_free(row: list[Cell], start: int, text: str, style: Style) -> None:
    """Only where nothing else is drawn."""
    room = row[start : start + cell_len(text) + 1]
    if len(room) > cell_len(text) and all(shown in (" ", "┄") for shown, _style in room):
        _write(row, start, text, style)


def _strip(cells: list[Cell]) -> Strip:
    segments = [
        Segment("".join(text for text, _style in alike), style)
        for style, alike in groupby(cells, key=lambda cell: cell[1])
    ]
    return Strip(segments)
