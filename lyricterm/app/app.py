"""The app: the studio over the trainer's thread."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import ClassVar, NoReturn, Protocol

from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from lyricterm.app.commands import Commands
from lyricterm.app.keyboard import take_any_bytes
from lyricterm.app.lab import Lab
from lyricterm.app.messages import Progressed, Reported, wrap
from lyricterm.app.screens.palette import Palette
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.themes import THEMES
from lyricterm.events import Event
from lyricterm.i18n import N_, _, translator
from lyricterm.log import logger
from lyricterm.recipe import Recipe
from lyricterm.text import one_line

_PATIENCE = 0.2
"""Seconds that leaving waits for the trainer to end its minibatch."""


class MakeLab(Protocol):
    """Makes the trainer's thread."""

    def __call__(self, recipe: Recipe, report: Callable[[Event], None], *, paused: bool) -> Lab:
        """A lab that has not started yet."""


class LyrictermApp(App[None]):
    """Starts the trainer once the first frame is drawn, and passes its events to the studio."""

    TITLE = "lyricterm"
    CSS_PATH = "lyricterm.tcss"
    COMMANDS = {Commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", N_("palette"), id="app.palette", priority=True),
        Binding("ctrl+q", "quit", N_("quit"), id="app.quit", priority=True),
    ]

    def __init__(self, recipe: Recipe, *, paused: bool = False, theme: str = "dark", make_lab: MakeLab = Lab) -> None:
        super().__init__()
        for declared in THEMES.values():
            self.register_theme(declared)
        self.theme = THEMES[theme].name
        self.lab = make_lab(recipe, self._report, paused=paused)
        self.studio = StudioScreen(recipe, self.lab.send)

    def _handle_exception(self, error: Exception) -> None:
        """While the app ends, a screen just opened loses its widgets as it sets them up; nobody sees it any more."""
        if self._exit:
            logger().error("while leaving", exc_info=error)
        else:
            super()._handle_exception(error)

    async def on_event(self, event: events.Event) -> None:
        """Whatever is pasted becomes one line that can be shown, whichever field it goes to."""
        if isinstance(event, events.Paste):
            event.text = one_line(event.text)
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """The studio."""
        return self.studio

    def on_mount(self) -> None:
        """The trainer imports torch; that waits until there is something to look at."""
        self.call_after_refresh(self.lab.start)

    def _report(self, event: Event) -> None:
        """Called in the trainer's thread."""
        try:
            self.post_message(wrap(event))
        except RuntimeError:
            # The event loop has gone; so has whoever would have read this.
            return

    @on(Reported)
    @on(Progressed)
    def _hear(self, message: Reported) -> None:
        """In the app's thread again; while the app ends, there is nothing left to show it on."""
        if self.is_running:
            self.studio.hear(message.event)

    def on_unmount(self) -> None:
        """However the app ends, the trainer ends with it."""
        self.lab.stop(0)

    async def action_quit(self) -> None:
        """Leave; the trainer is told at once and waited for after the terminal is restored."""
        self.lab.stop(0)
        self.exit()

    def action_command_palette(self) -> None:
        """The palette, in the language in use."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_theme(self, name: str) -> None:
        """Dark or light."""
        self.theme = THEMES[name].name

    def action_language(self, code: str) -> None:
        """Another language, at once."""
        translator.use(code)
        self.studio.reword()

    def copy_to_clipboard(self, text: str) -> None:
        """What is copied may hold broken bytes of a file name, which no terminal takes."""
        super().copy_to_clipboard(text.encode("utf-8", "replace").decode("utf-8"))

    def action_help_quit(self) -> None:
        """Ctrl+C copies; say how to leave."""
        self.notify(_("Ctrl+Q leaves lyricterm."), markup=False)


def run(recipe: Recipe, *, paused: bool, theme: str) -> NoReturn:
    """Open the lab; when it is left, so is the process, with the app's exit code."""
    take_any_bytes()
    app = LyrictermApp(recipe, paused=paused, theme=theme)
    app.run()
    app.lab.stop(_PATIENCE)
    leave(app.return_code or 0)


def leave(code: int) -> NoReturn:
    """End the process without taking torch down, which takes half a second that nobody wants to wait."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
