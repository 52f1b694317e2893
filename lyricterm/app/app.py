"""The app: the studio over the trainer's thread."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import ClassVar, NoReturn, Protocol

from rich.text import Text
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen

from lyricterm.app.commands import Commands
from lyricterm.app.lab import Lab
from lyricterm.app.messages import Progressed, Reported, wrap
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.themes import THEMES
from lyricterm.events import Event
from lyricterm.i18n import N_, _, translator
from lyricterm.keeper import Keeping
from lyricterm.log import logger
from lyricterm.opening import Prepare
from lyricterm.paths import log_file
from lyricterm.recipe import Recipe

_MOMENT = 0.5
"""Seconds after which a person should be told why leaving takes so long."""
_PATIENCE = 30.0
"""Seconds that leaving waits for the run to be saved."""
INTERRUPTED = 130
"""The exit code of a program that was told to end by a signal."""
_POLITE = (signal.SIGTERM, signal.SIGHUP)
"""A machine that shuts down, an ssh line that is lost."""


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

    def interrupt(self) -> None:
        """End as a signal wants it; called in a signal handler."""
        self.lab.stop(0)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(partial(self.exit, return_code=INTERRUPTED))

    def _fatal_error(self) -> None:
        """An error in the app itself: a sentence for the person, the rest for the log."""
        error = sys.exc_info()[1] or self._exception
        logger().error("in the app", exc_info=error)
        sentence = _("lyricterm: an internal error ended the lab ({kind}); {path} says more.")
        self.panic(Text(sentence.format(kind=type(error).__name__, path=log_file())))

    async def action_quit(self) -> None:
        """Leave; the trainer is told at once and waited for after the terminal is restored."""
        self.lab.stop(0)
        self.exit()

    def action_command_palette(self) -> None:
        """The palette, in the language in use."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=_("Search for commands…"), id="--command-palette"))

    def action_theme(self, name: str) -> None:
        """Dark or light."""
        self.theme = THEMES[name].name

    def action_language(self, code: str) -> None:
        """Another language, at once."""
        translator.use(code)
        self.studio.reword()

    def action_help_quit(self) -> None:
        """Ctrl+C copies; say how to leave."""
        self.notify(_("Ctrl+Q leaves lyricterm."), markup=False)


def run(recipe: Recipe, *, paused: bool, theme: str, prepare: Prepare, keeping: Keeping) -> NoReturn:
    """Open the lab; when it is left, so is the process, with the app's exit code."""
    make_lab = partial(Lab, prepare=prepare, keeping=keeping)
    app = LyrictermApp(recipe, paused=paused, theme=theme, make_lab=make_lab)
    code = INTERRUPTED
    with ending_by_signals(app.interrupt) as interrupted:
        try:
            app.run()
            code = app.return_code or 0
        except OSError:
            # The terminal has gone.
            logger().warning("the terminal has gone", exc_info=True)
        finally:
            wait_for(app.lab)
    leave(INTERRUPTED if interrupted else code)


@contextlib.contextmanager
def ending_by_signals(end: Callable[[], None]) -> Iterator[list[int]]:
    """While this is open, a polite signal calls ``end``; yields the signals that came."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        end()

    before = {number: signal.signal(number, note) for number in _POLITE}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for(lab: Lab) -> None:
    """Until the run is saved; a second Ctrl+C gives up waiting."""
    with contextlib.suppress(KeyboardInterrupt, OSError):
        if lab.stop(_MOMENT) or not lab.begun:
            return
        print(_("saving the run…"), file=sys.stderr, flush=True)
        if not lab.stop(_PATIENCE):
            print(_("The run could not be saved in time; its last automatic save is kept."), file=sys.stderr)


def leave(code: int) -> NoReturn:
    """End the process without taking torch down, which takes half a second that nobody wants to wait."""
    with contextlib.suppress(OSError):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
