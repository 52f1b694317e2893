"""A pseudo-terminal that runs the program, and an emulator that reads what it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

from tests.app.real import LYRICS

COLUMNS, LINES = 80, 24
PATIENCE = 60
"""Seconds that importing torch may take on a slow machine."""
KEPT = 10_000_000
"""Bytes."""


class Terminal:
    """Runs a program in a pseudo-terminal and keeps the latest that it writes, and the screen that results."""

    def __init__(self, *arguments: str, program: Sequence[str] = ("-m", "lyricterm")) -> None:
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(self._theirs)
        self.written = b""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )

    @property
    def after(self) -> list[object]:
        """The terminal's modes now."""
        return termios.tcgetattr(self._theirs)

    @property
    def lines(self) -> list[str]:
        """The screen."""
        return list(self._screen.display)

    def type(self, text: str) -> None:
        """As from the keyboard."""
        os.write(self._ours, text.encode())

    def send(self, data: bytes) -> None:
        """As from a keyboard that speaks another encoding."""
        os.write(self._ours, data)

    def until(self, what: Callable[[], bool]) -> None:
        """Read on until something is so."""
        end = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < end, "it never came; the screen was\n" + "\n".join(self.lines)
            self.read(0.05)

    def read(self, seconds: float) -> None:
        """Take what comes within some time."""
        if select.select([self._ours], [], [], seconds)[0]:
            got = os.read(self._ours, 65_536)
            self.written = (self.written + got)[-KEPT:]
            # The emulator knows neither the queries nor the answers of newer terminals.
            self._stream.feed(got)

    def drain(self) -> None:
        """Read what has been written."""
        self.until(lambda: not select.select([self._ours], [], [], 0.05)[0])

    def hang_up(self) -> None:
        """The terminal is no more."""
        os.close(self._theirs)
        os.close(self._ours)
        self._ours = self._theirs = -1

    def ended(self) -> int:
        """The exit code, once all that was written has been read."""
        self.until(lambda: self.process.poll() is not None)
        self.drain()
        assert self.process.returncode is not None
        return self.process.returncode

    def close(self) -> None:
        """End the program if it has not ended."""
        self.process.kill()
        self.process.wait()
        for handle in (self._ours, self._theirs):
            if handle >= 0:
                os.close(handle)


def small_model(folder: Path, **more: str) -> list[str]:
    """The words of a command line that trains a small model for long."""
    path = folder / "small.txt"
    path.write_text(LYRICS, encoding="utf-8")
    told = {"corpus": str(path), "hidden": "8", "batch": "2", "steps": "5", "epochs": "1000000", "device": "cpu"}
    return [word for name, value in (told | more).items() for word in (f"--{name.replace('_', '-')}", value)]
