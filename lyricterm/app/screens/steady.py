"""What every screen shares: a widget on its way out is no longer there for the mouse."""

from __future__ import annotations

from textual.geometry import Offset
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget


class Steady(Screen[ScreenResultType]):
    """A screen on which a notice may be clicked while it goes away."""

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget there, and where in its content; Textual takes it for granted that it has a parent."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        if widget is None or (widget.parent is None and widget is not self):
            return None, None
        return widget, offset
