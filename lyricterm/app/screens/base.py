"""What every screen of the lab has: its actions, its breakpoints, and a notice where the terminal is too small."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from textual._context import NoActiveAppError
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

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        """As Textual's."""
        super().__init__(name, id, classes)
        # The first screen is made before the app runs.
        with suppress(NoActiveAppError):
            self.fit()

    def fit(self) -> None:
        """Take the breakpoints' classes before the first frame.

        Textual gives them with the first resize, and then styles all that is on the screen anew.
        """
        points = ((self.HORIZONTAL_BREAKPOINTS, self.app.size.width), (self.VERTICAL_BREAKPOINTS, self.app.size.height))
        for breakpoints, length in points:
            least = max(start for start, _name in breakpoints or () if start <= length)
            for start, name in breakpoints or ():
                self.set_class(start == least, name, update=False)

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
