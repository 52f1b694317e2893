"""The table of runs: only what is in view is drawn, columns give way where there is no room."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lyricterm.app.comparison import LETTERS, DrawnRuns, RunRow
from lyricterm.app.grid_strips import curve_style
from lyricterm.app.run_columns import COLUMNS, GAP, RunColumn, titles, widths_of
from lyricterm.core.sanitize import one_line
from lyricterm.plotting.short_names import end_cut, middle_cut, told_apart

_MARKER = 3


class RunTable(ScrollView, can_focus=False):
    """Shows ``rows``; the row of the cursor is ``at``."""

    COMPONENT_CLASSES = {"runs--title", "runs--cursor", "runs--broken", "runs--live", "runs--quiet"}

    class Moved(Message):
        """A row was clicked."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    class Marked(Moved):
        """The marker of a row was clicked."""

    class Taken(Moved):
        """A row was clicked twice."""

    rows: reactive[tuple[RunRow, ...]] = reactive(())
    at: reactive[int] = reactive(0)
    choice: reactive[DrawnRuns] = reactive(DrawnRuns())

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._widths: dict[int, int] = {}
        self._names: tuple[object, dict[str, str]] = (None, {})
        """Those that have to be cut, and what they were worked out for."""

    def watch_rows(self) -> None:
        """Lay out the columns anew."""
        self._lay_out()

    def watch_at(self) -> None:
        """Keep the cursor in view."""
        self._show_cursor()

    def on_resize(self) -> None:
        """Another width has room for other columns."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        size = Size(width, len(self.rows) + 1)
        if size != self.virtual_size:
            self.virtual_size = size
        self._widths = widths_of([row.cells for row in self.rows if row.entry], width - _MARKER)
        self._cut_names()
        self._show_cursor()
        self.refresh()

    def _cut_names(self) -> None:
        key = self._widths[0], tuple(row.cells[0] for row in self.rows if row.entry)
        if self._names[0] != key:
            self._names = key, told_apart(key[1], key[0], middle_cut)

    def _show_cursor(self) -> None:
        visible = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        wanted = min(max(top, self.at - visible + 1), self.at)
        if wanted != top:
            # Forced, as the scrollbar that would allow it comes with the next layout only.
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)

    def render_line(self, y: int) -> Strip:
        """The titles, then the rows."""
        width = self.size.width
        number = y - 1 + self.scroll_offset.y
        if y == 0:
            return self._titles().adjust_cell_length(width).apply_style(self.rich_style)
        if number >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        line = self._row(number).adjust_cell_length(width)
        if number == self.at:
            line = line.apply_style(self._style("cursor"))
        return line.apply_style(self.rich_style)

    def _titles(self) -> Strip:
        words = titles()
        return self._columns(" " * _MARKER, None, {column: words[column] for column in self._widths}, "title")

    def _row(self, number: int) -> Strip:
        row = self.rows[number]
        if row.entry is None:
            name, why = row.cells
            style = self._style("broken")
            return Strip([Segment(f" ! {name}  ", style), Segment(one_line(why), style)])
        slot = self.choice.slot(row.id)
        marker = f" {LETTERS[slot]} " if slot >= 0 else " · "
        cells = {column: row.cells[column] for column in self._widths}
        return self._columns(marker, slot, cells, "live" if row.live else "")

    def _columns(self, marker: str, slot: int | None, cells: dict[int, str], look: str) -> Strip:
        style = self._style(look) if look else Style()
        chosen = slot is not None and slot >= 0
        colour = curve_style(self.app, f"label{max(slot or 0, 0)}")
        segments = [Segment(marker, colour if chosen else self._style("quiet"))]
        for column, width in sorted(self._widths.items()):
            text = cells[column] if column else self._names[1].get(cells[column], cells[column])
            segments.append(Segment(fitted(text, width, COLUMNS[column]), style))
            segments.append(Segment(" " * GAP))
        return Strip(segments)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"runs--{name}", partial=True)

    def on_click(self, event: events.Click) -> None:
        """The marker chooses, a row takes the cursor, two clicks open it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < 1:
            return
        number = offset.y - 1 + self.scroll_offset.y
        if number >= len(self.rows):
            return
        if offset.x < _MARKER:
            self.post_message(self.Marked(number))
        else:
            self.post_message(self.Taken(number) if event.chain == 2 else self.Moved(number))


def fitted(text: str, width: int, column: RunColumn) -> str:
    """A text in the cells of its column."""
    text = end_cut(text, width)
    blank = " " * (width - cell_len(text))
    return blank + text if column.number else text + blank
