"""The lab as a process: it ends by a key or a signal, with the terminal restored and the run saved."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from lyricterm.app.app import INTERRUPTED, LyrictermApp, MakeLab
from lyricterm.app.textual_patches import accept_any_bytes, keep_first_terminal_settings, take_keys_whole
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.i18n import _
from lyricterm.core.log import logger
from lyricterm.core.settings import Recipe
from lyricterm.core.user_config import Config
from lyricterm.training.resume import Prepare
from lyricterm.training.run_storage import RunStorage

if TYPE_CHECKING:
    from lyricterm.training.watched_run import WatchedRun

_MOMENT = 0.5
"""Seconds after which a person should be told why leaving takes so long."""
_PATIENCE = 30.0
"""Seconds that leaving waits for the run to be saved."""
_GRACE = 3.0
"""Seconds that the screen has to end once the run is saved; a terminal that hangs would hold it up for good."""
_POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""An interrupt from elsewhere (the keyboard's is a key here), a machine that shuts down, an ssh line that is lost."""


def run(recipe: Recipe, *, paused: bool, theme: str, config: Config, prepare: Prepare, storage: RunStorage) -> NoReturn:
    """Open the lab; when it is left, so is the process, with the app's exit code."""
    run_lab(
        recipe,
        paused=paused,
        theme=theme,
        config=config,
        make_lab=partial(TrainerThread, prepare=prepare, storage=storage),
    )


def watch(run: WatchedRun, recipe: Recipe, *, theme: str, config: Config) -> NoReturn:
    """Open the lab on a run that another program trains; see ``run``."""
    from lyricterm.app.watch_thread import WatchThread

    run_lab(recipe, paused=False, theme=theme, config=config, make_lab=partial(WatchThread, run=run))


def run_lab(recipe: Recipe, *, paused: bool, theme: str, config: Config, make_lab: MakeLab) -> NoReturn:
    """Open a lab; see ``run``."""
    accept_any_bytes()
    take_keys_whole()
    keep_first_terminal_settings()
    app = LyrictermApp(recipe, paused=paused, theme=theme, config=config, make_lab=make_lab)
    code = INTERRUPTED

    def end() -> None:
        app.interrupt()
        Thread(target=_insist, args=(app.lab,), daemon=True).start()

    with ending_by_signals(end) as interrupted:
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


def _insist(lab: TrainerThread) -> None:
    lab.stop(_PATIENCE)
    time.sleep(_GRACE)
    leave(INTERRUPTED)


def wait_for(lab: TrainerThread) -> None:
    """Until the run is saved; a second Ctrl+C gives up waiting."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
