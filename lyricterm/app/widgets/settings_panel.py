"""The panel of the settings that change while the model learns, with the keys that change them."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.actions import reads_only, short
from lyricterm.app.run_state import RunState
from lyricterm.app.setting_values import LOOKS, Part, others_in_brief, others_of, parts_of, recipes_of
from lyricterm.app.widgets.setting_rows import ROWS, PanelRow
from lyricterm.app.widgets.titled import Titled
from lyricterm.core.i18n import _
from lyricterm.core.settings import SETTINGS, Applies, differences
from lyricterm.exercises.equations import forward_lines

_LEAST_KEYS, _MOST_KEYS = 2, 6
"""Cells of the column with the keys."""
_INDENT = "   "


class SettingRow(Widget):
    """One setting; a click flips it, the arrows of a number step it. A watched run shows neither keys nor arrows."""

    COMPONENT_CLASSES = {
        "panel--key",
        "panel--label",
        *(f"panel--{look}" for look in LOOKS),
    }

    parts: reactive[tuple[Part, ...]] = reactive(())

    def __init__(self, row: PanelRow) -> None:
        super().__init__(id=f"setting-{row.setting.replace('_', '-')}")
        self._row = row

    def render(self) -> Text:
        """Keys, label, value."""
        line = Text(no_wrap=True, overflow="ellipsis")
        width = min(_MOST_KEYS, max(_LEAST_KEYS, *(cell_len(self._keys(row)) for row in ROWS)))
        keys = self._keys(self._row)
        shown = keys if cell_len(keys) <= width else set_cell_size(keys, width - 1) + "…"
        line.append(set_cell_size(shown, width) + " ", self._style("key"))
        width = max(cell_len(row.label) for row in ROWS) + 1
        line.append(set_cell_size(self._row.label, width), self._style("label"))
        for part in self.parts:
            text = part.text.strip("‹ ›") if self._row.up is not None and reads_only(self) else part.text
            line.append(text, self._style(part.look))
        return line

    def _keys(self, row: PanelRow) -> str:
        if reads_only(self):
            return ""
        return "".join(short(self, action) for action in row.actions)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"panel--{name}", partial=True)

    async def on_click(self, event: events.Click) -> None:
        """Left of a number's middle is down, right of it is up."""
        action = self._row.down
        if self._row.up is not None:
            text = self.render().plain
            middle = cell_len(text[: text.index("‹") + 1]) if "‹" in text else self.size.width
            middle += (cell_len(text) - middle) // 2
            action = self._row.up if event.x >= middle else self._row.down
        await self.run_action(f"screen.{action.run}")


class SettingsPanel(Titled, Vertical):
    """All rows and, below them, what only a new run can change."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def compose(self) -> ComposeResult:
        """One row per setting."""
        for row in ROWS:
            yield SettingRow(row)
        yield OtherSettings(id="other-settings")

    def watch_state(self, old: RunState | None, new: RunState | None) -> None:
        """Show another recipe; most states have the same."""
        if new is not None and (old is None or recipes_of(old) != recipes_of(new)):
            self.show(new)

    def show(self, state: RunState) -> None:
        """Give each row what it shows now, and say in the border that something waits."""
        for row, shown in zip(ROWS, self.query(SettingRow), strict=False):
            shown.parts = parts_of(row.setting, state)
        for others in self.query(OtherSettings):
            others.lines, others.brief = others_of(state), others_in_brief(state)
            others.equations = forward_lines(state.trains)
        changes = differences(state.trains, state.wanted) if state.progress is not None else {}
        waiting = any(SETTINGS[setting].applies is Applies.NEXT_EPOCH for setting in changes)
        self.retitle(_("settings"), _("→ from the next epoch") if waiting else "")


class OtherSettings(Widget):
    """The rest of the settings, in quiet words, and what the cell computes."""

    lines: reactive[tuple[str, ...]] = reactive(())
    brief: reactive[tuple[str, ...]] = reactive(())
    """The same in two lines, for where there is no room for all."""
    equations: reactive[tuple[str, ...]] = reactive(())

    def render(self) -> Text:
        """Each on a line of its own below an empty one, or as much as there is room for; equations all or none."""
        width, height = self.size
        roomy = ["", *(_INDENT + line for line in self.lines)]
        folded = [line for equation in self.equations for line in _folded(equation, width)]
        if len(roomy) > height:
            lines = list(self.brief)
        else:
            lines = [*roomy, "", *folded] if len(roomy) + 1 + len(folded) <= height else roomy
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _folded(equation: str, width: int) -> list[str]:
    """In lines that fit, broken before a plus."""
    lines = [""]
    for i, term in enumerate(equation.split(" + ")):
        part = f"+ {term}" if i else term
        joined = f"{lines[-1]} {part}".lstrip() if i else part
        if cell_len(joined) <= width or not i:
            lines[-1] = joined
        else:
            lines.append(f"      {part}")
    return lines
