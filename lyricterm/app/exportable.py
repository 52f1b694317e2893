"""A screen from which something can be exported: to a file in any of several formats, or to the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lyricterm.app.screens.base import LabScreen
from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _, n_
from lyricterm.core.sanitize import one_line, outgoing

if TYPE_CHECKING:
    from lyricterm.app.export_writer import Content
    from lyricterm.reports.story import Story

Stories = Callable[[], "Sequence[Story]"]
"""Reads the runs that are exported; called in a thread."""

_SHOWN = 24


class ExportableScreen(LabScreen[None]):
    """A screen that says what can be exported from it."""

    def content(self) -> Content:
        """What would be exported now."""
        raise NotImplementedError

    def copyable(self) -> str:
        """The text that would be copied now; empty if there is none."""
        raise NotImplementedError

    def action_export(self) -> None:
        """Ask what to write, and where."""
        from lyricterm.app.export_writer import ExportWriter  # the first frame does not wait for it

        ExportWriter(self, self.content).ask()

    def action_copy(self) -> None:
        """Copy a text to the clipboard, through the terminal."""
        text = outgoing(self.copyable())
        if not text:
            self.notify(_("There is no text to copy yet."), markup=False)
            return
        self.app.copy_to_clipboard(text)
        shown = one_line(text)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN].rstrip()}…"
        sentence = n_(
            "Copied {count} character: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            "Copied {count} characters: {text}. If nothing arrives, the terminal does not let programs copy (OSC 52).",
            len(text),
        )
        self.notify(sentence.format(count=f"{len(text):,}", text=shown), markup=False)


class StoriesScreen(ExportableScreen):
    """A screen from which runs are exported."""

    def stories(self) -> Stories:
        """Which would be exported now."""
        raise NotImplementedError

    def content(self) -> Content:
        """Those runs' curves, samples or reports."""
        stories = self.stories()

        def read(ending: str, samples: bool) -> bytes:
            from lyricterm.reports.export import exported  # the first frame does not wait for it

            told = stories()
            if not told:
                raise RunError(_("There is no run to write yet."))
            return exported(told, ending, samples)

        return read
