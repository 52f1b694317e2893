"""The settings in one line, where there is no room for their panel; a click flips one."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from textual import events
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.actions import reads_only, short
from lyricterm.app.run_state import RunState
from lyricterm.app.setting_values import LOOKS, recipes_of
from lyricterm.app.settings_in_line import Group, settings_in_line
from lyricterm.app.widgets.setting_rows import ROWS, PanelRow

_ROWS = {row.setting: row for row in ROWS}


class SettingsLine(Widget):
    """Shows a ``RunState``."""

    COMPONENT_CLASSES = {"panel--key", "panel--label", *(f"panel--{look}" for look in LOOKS)}

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def watch_state(self, old: RunState | None, new: RunState | None) -> None:
        """Show another recipe; most states have the same."""
        if old is None or new is None or recipes_of(old) != recipes_of(new):
            self.refresh()

    def render(self) -> Text:
        """One line."""
        line = Text(no_wrap=True)
        for start, group in self._placed():
            line.append(" " * (start - line.cell_len))
            for part in group.parts:
                line.append(part.text, self.get_component_rich_style(f"panel--{part.look}", partial=True))
        return line

    async def on_click(self, event: events.Click) -> None:
        """Flip the toggle that was clicked."""
        offset = event.get_content_offset(self)
        for start, group in self._placed():
            row = _ROWS[group.setting]
            if offset is not None and row.up is None and start <= offset.x < start + group.cells:
                await self.run_action(f"screen.{row.down.run}")

    def _placed(self) -> Iterator[tuple[int, Group]]:
        """What is shown, with the cell where each begins."""
        if self.state is None:
            return
        form, groups = settings_in_line(self.state, self.size.width, lambda setting: self._key(_ROWS[setting]))
        start = 0
        for group in groups:
            yield start, group
            start += group.cells + form.gap

    def _key(self, row: PanelRow) -> str:
        return "" if reads_only(self) else short(self, row.down)
