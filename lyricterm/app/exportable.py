"""Taking something along from a screen: a file in any of several formats, or a text for the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lyricterm.app.textual_patches import SafeScreen
from lyricterm.core.i18n import _, n_
from lyricterm.core.sanitize import one_line

if TYPE_CHECKING:
    from lyricterm.reports.story import Story

Stories = Callable[[], "Sequence[Story]"]
"""Reads what is exported; called in a thread."""
_SHOWN = 40


class ExportableScreen(SafeScreen[None]):
    """A screen from which one can take something along."""

    def stories(self) -> Stories:
        """What would be exported now."""
        raise NotImplementedError

    def copyable(self) -> str:
        """The text that would be copied now; empty if there is none."""
        raise NotImplementedError

    def action_export(self) -> None:
        """Ask what to write, and where."""
        from lyricterm.app.export_writer import Writing  # when first wanted: the first frame does not wait for it

        Writing(self).ask()

    def action_copy(self) -> None:
        """Copy a text to the clipboard, through the terminal."""
        text = one_line(self.copyable())
        if not text:
            self.notify(_("There is no text to copy yet."), markup=False)
            return
        self.app.copy_to_clipboard(text)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        sentence = n_(
            "Copied {count} character: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            "Copied {count} characters: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            len(text),
        )
        self.notify(sentence.format(count=f"{len(text):,}", text=shown), markup=False)
