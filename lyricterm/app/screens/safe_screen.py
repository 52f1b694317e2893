"""What every screen shares: what is on its way out is no longer there, for the mouse or for a second key."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.geometry import Offset
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget


class SafeScreen(Screen[ScreenResultType]):
    """A screen that bears whatever comes while it, or a notice on it, goes away."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen, if it is the one on top; Textual closes whichever is, be it the last."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget there, and where in its content; Textual takes it for granted that it has a parent."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        if widget is None or (widget.parent is None and widget is not self):
            return None, None
        return widget, offset
