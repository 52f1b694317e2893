"""The command palette, in the language in use."""

from __future__ import annotations

from lyricterm.app.textual_patches import SafePalette
from lyricterm.core.i18n import _


class Palette(SafePalette):
    """Textual's palette."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("Search for commands…"), id="--command-palette")
