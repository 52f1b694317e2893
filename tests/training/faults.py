"""A disk that fails: calls of ``os`` made by the thread that keeps a run."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CALLS = ("open", "write", "fsync", "replace", "ftruncate", "mkdir", "unlink", "close", "pwrite", "fchmod")
"""What a run writer asks of the operating system."""


class Disk:
    """Counts the run writer's calls, and fails those that it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failed: list[str] = []
        self._first = self._last = 0
        self._error = 0
        self._short = False

    def fail(self, first: int, last: int, error: int, *, short: bool = False) -> None:
        """From now on count anew, and fail the calls from ``first`` to ``last`` with an error number.

        A ``short`` write writes half first.
        """
        self.calls.clear()
        self.failed.clear()
        self._first, self._last, self._error, self._short = first, last, error, short

    def heal(self) -> None:
        """Fail no more."""
        self._last = 0

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """The call as the run writer meets it."""

        def call(*arguments: Any, **named: Any) -> Any:
            if not threading.current_thread().name.startswith("run writer"):
                return real(*arguments, **named)
            self.calls.append(name)
            if not self._first <= len(self.calls) <= self._last:
                return real(*arguments, **named)
            self.failed.append(name)
            if self._short and name == "write":
                content = bytes(arguments[1])
                real(arguments[0], content[: len(content) // 2])
            if name == "close":
                # The file is closed, but what was written may be lost.
                real(*arguments, **named)
            raise OSError(self._error, os.strerror(self._error), str(arguments[0]) if name == "open" else None)

        return call


@contextlib.contextmanager
def failing_disk() -> Iterator[Disk]:
    """While this is open, the run writers' calls go through the disk."""
    disk = Disk()
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, disk.wrap(name, getattr(os, name)))
        yield disk
