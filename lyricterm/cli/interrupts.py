"""Ending politely: the first signal finishes the minibatch, a second stops at once."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl+C, a machine that shuts down, an ssh line that is lost."""


@contextlib.contextmanager
def interruptible(end: Callable[[], None]) -> Iterator[None]:
    """While this is open, the first Ctrl+C or polite request to end calls ``end``; a second stops at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for name in heard:
            signal.signal(name, signal.default_int_handler)
        end()

    # Whoever starts it with nohup wants no hangup to end it.
    heard = [name for name in _POLITE if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN]
    before = {name: signal.signal(name, stop) for name in heard}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
