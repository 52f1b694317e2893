"""What to export, and where to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from lyricterm.app.actions import Action, bindings, keys_of, short
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.core.i18n import N_, _

KINDS: Mapping[str, tuple[str, str]] = {
    "report": (N_("a report of curves, tables and samples (HTML)"), ".html"),
    "curves-csv": (N_("the curves as CSV"), ".csv"),
    "samples-csv": (N_("the samples as CSV"), ".csv"),
    "curves-json": (N_("the curves as JSON lines"), ".jsonl"),
    "samples-json": (N_("the samples as JSON lines"), ".jsonl"),
    "screen": (N_("this screen as a picture (SVG)"), ".svg"),
}
"""What can be exported, with the ending of its file."""


_CANCEL = Action("export.no-file", "escape", N_("cancel"), N_("close and write nothing"), "cancel")
_WRITE = Action("export.write-file", "ctrl+s", N_("write"), N_("write the file"), "accept")


@dataclass(frozen=True)
class ExportRequest:
    """What a person wants to have written."""

    kind: str = "report"
    path: str = ""
    """As it was typed; empty takes the first free name."""
    replaces: str = ""
    """A path at which a file may be replaced: the person has been told that there is one."""


class ExportScreen(ModalScreen[ExportRequest | None], LabScreen[ExportRequest | None]):
    """Returns the request, or None."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (_CANCEL, _WRITE)
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Input, Select, Button)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    AUTO_FOCUS = "Input"

    def __init__(self, request: ExportRequest, names: Mapping[str, str], folder: str, sentence: str = "") -> None:
        """Set up the form.

        Args:
            request: what it begins with.
            names: for each kind, the file name to offer.
            folder: where relative paths begin.
            sentence: why it is asked again.
        """
        super().__init__()
        self._asked_for, self._names, self._folder, self._sentence = request, names, folder, sentence
        self._offered = "" if request.path else names[request.kind]
        """The name in the input, while it is not a person's own."""

    def compose(self) -> ComposeResult:
        """What, where, what is wrong, and buttons."""
        with Vertical(id="export", classes="dialog"):
            with Horizontal(classes="field"):
                yield Label(_("what"), classes="label")
                options = [(_(words), kind) for kind, (words, _ending) in KINDS.items()]
                yield Select(options, value=self._asked_for.kind, allow_blank=False, id="kind", compact=True)
            with Horizontal(classes="field"):
                yield Label(_("file"), classes="label")
                yield SafeInput(self._asked_for.path or self._offered, id="path", compact=True, select_on_focus=False)
            yield Static(Text(self._sentence), id="told", classes="said")
            with Horizontal(classes="buttons"):
                yield Button(_("write"), id="yes", variant="primary", compact=True)
                yield Button(_("cancel"), id="no", compact=True)

    def on_mount(self) -> None:
        """Name the form; say where relative names lead."""
        form = self.query_one("#export")
        form.border_title = _("export")
        form.border_subtitle = _("{write_key} write · {cancel_key} cancel").format(
            write_key=short(self, _WRITE), cancel_key=keys_of(self).spelt(_CANCEL)
        )
        if not self._sentence:
            self.query_one("#told", Static).update(Text(_("in {folder}").format(folder=self._folder)))

    @on(Select.Changed, "#kind")
    def _offer(self) -> None:
        """Another name for another kind, unless one was typed."""
        path = self.query_one("#path", Input)
        if path.value == self._offered:
            self._offered = path.value = self._names[self._kind]
            path.cursor_position = len(path.value)

    @property
    def _kind(self) -> str:
        return str(self.query_one("#kind", Select).value)

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def action_accept(self) -> None:
        """Close with the request."""
        typed = self.query_one("#path", Input).value.strip()
        self.dismiss(replace(self._asked_for, kind=self._kind, path=typed or self._names[self._kind]))

    @on(Button.Pressed, "#no")
    def action_cancel(self) -> None:
        """Close and write nothing."""
        self.dismiss(None)
