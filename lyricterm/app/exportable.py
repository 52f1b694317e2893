"""A screen from which something can be exported: to a file in any of several formats, or to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyricterm.app.screens.base import LabScreen
from lyricterm.core.i18n import _, n_
from lyricterm.core.sanitize import one_line, outgoing

if TYPE_CHECKING:
    from lyricterm.app.export_writer import Stories

_SHOWN = 40


class ExportableScreen(LabScreen[None]):
    """A screen that says what can be exported from it."""

    def stories(self) -> Stories:
        """What would be exported now."""
        raise NotImplementedError

    def copyable(self) -> str:
        """The text that would be copied now; empty if there is none."""
        raise NotImplementedError

    def action_export(self) -> None:
        """Ask what to write, and where."""
        from lyricterm.app.export_writer import ExportWriter  # the first frame does not wait for it

        ExportWriter(self, self.stories).ask()

    def action_copy(self) -> None:
        """Copy a text to the clipboard, through the terminal."""
        text = outgoing(self.copyable())
        if not text:
            self.notify(_("There is no text to copy yet."), markup=False)
            return
        self.app.copy_to_clipboard(text)
        shown = one_line(text)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        sentence = n_(
            "Copied {count} character: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            "Copied {count} characters: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            len(text),
        )
        self.notify(sentence.format(count=f"{len(text):,}", text=shown), markup=False)
