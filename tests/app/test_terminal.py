"""The program in a real terminal: a pseudo-terminal, and an emulator that reads what it writes."""

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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyte
import pytest

from tests.app.real import LYRICS

COLUMNS, LINES = 80, 24
PATIENCE = 60
"""Seconds that importing torch may take on a slow machine."""


class Terminal:
    """Runs a program in a pseudo-terminal and keeps everything it writes, and the screen that results."""

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
            if select.select([self._ours], [], [], 0.05)[0]:
                got = os.read(self._ours, 65_536)
                self.written += got
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


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The lab, training a small model in a terminal."""
    path = tmp_path / "small.txt"
    path.write_text(LYRICS, encoding="utf-8")
    told = {"--corpus": str(path), "--hidden": "8", "--batch": "2", "--steps": "5", "--epochs": "100000"}
    terminal = Terminal(*(word for pair in told.items() for word in pair), "--device", "cpu", "--pred-period", "100000")
    yield terminal
    terminal.close()


def test_the_lab_in_a_terminal_and_the_terminal_afterwards(terminal: Terminal) -> None:
    terminal.until(lambda: "lyricterm" in terminal.lines[0] and "prompt" in terminal.lines[-1])
    terminal.until(lambda: "training" in terminal.lines[1] and "epoch" in terminal.lines[1])
    terminal.type("s")
    terminal.until(lambda: any("consecutive" in line for line in terminal.lines))
    terminal.type("/")
    terminal.until(lambda: "leave" in terminal.lines[-1])
    terminal.type("春天")
    terminal.until(lambda: any("surer" in line for line in terminal.lines))
    assert any("春" in line for line in terminal.lines)
    terminal.type("\x11")
    assert terminal.ended() == 0
    assert terminal.after == terminal.before
    for mode, name in ((1049, "alternate screen"), (1000, "mouse"), (1003, "mouse moves"), (2004, "bracketed paste")):
        on, off = terminal.written.rfind(b"\x1b[?%dh" % mode), terminal.written.rfind(b"\x1b[?%dl" % mode)
        assert -1 < on < off, name
    assert terminal.written.rfind(b"\x1b[?25l") < terminal.written.rfind(b"\x1b[?25h")
    assert b"Traceback" not in terminal.written


def test_leaving_before_torch_is_there(terminal: Terminal) -> None:
    terminal.until(lambda: b"preparing" in terminal.written)
    terminal.type("\x11")
    assert terminal.ended() == 0
    assert terminal.after == terminal.before
    assert terminal.written.rfind(b"\x1b[?1049h") < terminal.written.rfind(b"\x1b[?1049l")
    assert b"Traceback" not in terminal.written


def test_bytes_in_another_encoding_are_only_unknown_characters(terminal: Terminal) -> None:
    terminal.until(lambda: "lyricterm" in terminal.lines[0] and "prompt" in terminal.lines[-1])
    terminal.type("/")
    terminal.until(lambda: "leave" in terminal.lines[-1])
    terminal.send("春天".encode("gb18030"))
    terminal.until(lambda: any("\ufffd" in line for line in terminal.lines))
    terminal.type("\x11")
    assert terminal.ended() == 0
    assert b"Traceback" not in terminal.written
