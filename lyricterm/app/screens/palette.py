"""The command palette, in the language in use and in a terminal of any size."""

from __future__ import annotations

from contextlib import suppress

from textual.command import CommandPalette

from lyricterm.app.screens.safe_screen import SafeScreen
from lyricterm.core.i18n import _


class Palette(CommandPalette, SafeScreen[None]):
    """Textual's palette."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("Search for commands…"), id="--command-palette")

    def _action_command_list(self, action: str) -> None:
        # Pages are turned by the lines of a list, which has none before it is laid out or where it has no room.
        with suppress(LookupError):
            super()._action_command_list(action)
