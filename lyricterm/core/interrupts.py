"""Ending politely: the first signal finishes the minibatch, a second stops at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

_POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl+C, a machine that shuts down, an ssh line that is lost."""


@contextlib.contextmanager
def ends_in_silence() -> Iterator[None]:
    """The first Ctrl+C or polite request ends the program; more, while it ends, change nothing, and none is traced."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    heard = [signal.SIGINT, *(name for name in _POLITE if signal.getsignal(name) is signal.SIG_DFL)]
    for name in heard:
        signal.signal(name, _stop_at_once)
    try:
        yield
    finally:
        for name in heard:
            if signal.getsignal(name) is not signal.SIG_IGN:
                # What is left to do is the interpreter's, which would print where it was.
                signal.signal(name, signal.SIG_DFL)


def _stop_at_once(number: int, frame: FrameType | None) -> None:
    for name in _POLITE:
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def interruptible(end: Callable[[], None]) -> Iterator[None]:
    """While this is open, the first Ctrl+C or polite request to end calls ``end``; a second stops at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for name in heard:
            signal.signal(name, _stop_at_once)
        end()

    heard = _heard()
    with _handled_by(stop, heard):
        yield


@contextlib.contextmanager
def stops_at_once() -> Iterator[None]:
    """While this is open, the first Ctrl+C or polite request to end stops at once, and more of them change nothing.

    In another thread than the main one, where no signal arrives, nothing changes.
    """
    is_main = threading.current_thread() is threading.main_thread()
    with _handled_by(_stop_at_once, _heard() if is_main else ()):
        yield


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """While this is open, what must be done to the end is not interrupted by polite requests."""
    heard = _heard()
    before = {name: signal.signal(name, signal.SIG_IGN) for name in heard}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _heard() -> list[signal.Signals]:
    """Whoever starts it with nohup wants no hangup to end it."""
    return [name for name in _POLITE if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN]


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None], heard: Sequence[signal.Signals]) -> Iterator[None]:
    before = {name: signal.signal(name, handler) for name in heard}
    try:
        yield
    finally:
        for name, earlier in before.items():
            # What the second signal has silenced stays silent: the program ends.
            if signal.getsignal(name) is not signal.SIG_IGN:
                signal.signal(name, earlier)
