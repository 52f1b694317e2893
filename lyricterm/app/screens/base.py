"""What every screen of the lab has: its actions, its breakpoints, and a notice where the terminal is too small."""

from __future__ import annotations

from typing import ClassVar

from textual.screen import ScreenResultType
from textual.widget import Widget

from lyricterm.app.actions import Action
from lyricterm.app.textual_patches import SafeScreen
from lyricterm.app.widgets.too_small import TooSmall


class LabScreen(SafeScreen[ScreenResultType]):
    """A screen of the lab. Each declares its ``ACTIONS``, and stands in ``owners``."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    """The widgets on it whose own keys must go on working, whatever a keymap says."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (66, "-medium"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [
        (0, "-low"),
        (20, "-normal"),
        (32, "-tall"),
        (50, "-towering"),
    ]

    def on_mount(self) -> None:
        """Have the notice ready."""
        self.mount(TooSmall())

    def on_screen_suspend(self) -> None:
        """Toasts belong to the screen on which they came up: they do not follow to another."""
        if not self.is_modal:
            self.app.clear_notifications()

    def on_resize(self) -> None:
        """Show the notice where the terminal is too small."""
        for notice in self.query(TooSmall):
            notice.measure()
