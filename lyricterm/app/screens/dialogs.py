"""Small dialogs: a question with two answers, and a name to type."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from lyricterm.app.actions import Action, bindings, keys_of
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.core.errors import RunError
from lyricterm.core.i18n import N_, _
from lyricterm.storage.run_store import checked_name


class AskScreen(ModalScreen[bool], LabScreen[bool]):
    """Returns True if the answer is yes."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("ask.no", "escape,n", N_("no"), N_("no: nothing happens"), "refuse"),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Button,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    AUTO_FOCUS = "#yes"

    def __init__(self, question: str, yes: str) -> None:
        """``yes``: what the button says that does it."""
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._question), classes="said")
            with Horizontal(classes="buttons"):
                yield Button(self._yes, id="yes", variant="error", compact=True)
                yield Button(_("cancel"), id="no", compact=True)

    @on(Button.Pressed, "#yes")
    def _agree(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#no")
    def action_refuse(self) -> None:
        """Nothing happens."""
        self.dismiss(False)


class NameScreen(ModalScreen[str | None], LabScreen[str | None]):
    """Returns the name that was typed, which may be empty, or None."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("naming.no-name", "escape", N_("cancel"), N_("leave the name as it is"), "refuse"),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Input, Button)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    AUTO_FOCUS = "Input"

    def __init__(self, run: str, name: str) -> None:
        super().__init__()
        self._run, self._name = run, name

    def compose(self) -> ComposeResult:
        """An input, what is wrong with it, and buttons."""
        with Vertical(classes="dialog"):
            yield SafeInput(self._name, id="name", compact=True, select_on_focus=False)
            yield Static(id="wrong-name", classes="said")
            with Horizontal(classes="buttons"):
                yield Button(_("apply"), id="yes", variant="primary", compact=True)
                yield Button(_("cancel"), id="no", compact=True)

    def on_mount(self) -> None:
        """Say whose name it is."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Text(_("a name for {run}").format(run=self._run))
        dialog.border_subtitle = _("{no_name_key} cancel").format(**keys_of(self).words(self.ACTIONS))

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _accept(self) -> None:
        try:
            self.dismiss(checked_name(self.query_one("#name", Input).value))
        except RunError as error:
            self.query_one("#wrong-name", Static).update(Text(str(error)))

    @on(Button.Pressed, "#no")
    def action_refuse(self) -> None:
        """The name stays."""
        self.dismiss(None)
