"""The lab told to end, to stop and to go on by signals, and ended by an error of its own: the run is kept."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.engine import checkpoint
from lyricterm.storage.lock import holder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from tests.app.real import LYRICS
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

PATIENCE = 60
MODES = ((1049, "alternate screen"), (1000, "mouse"), (1003, "mouse moves"), (2004, "bracketed paste"))

# The first key press that the screen is asked about goes wrong, in the app's own thread.
BROKEN = """
import sys
from lyricterm.app.app import LyrictermApp
from lyricterm.cli import main

def action_command_palette(self):
    raise ZeroDivisionError("a secret detail")

LyrictermApp.action_command_palette = action_command_palette
sys.exit(main(sys.argv[1:]))
"""

# A signal arrives after the handlers are there and before the screen is.
EARLY = """
import os, signal, sys
from lyricterm.app.app import LyrictermApp
from lyricterm.cli import main

run = LyrictermApp.run

def run_late(self, *arguments, **named):
    os.kill(os.getpid(), signal.SIGTERM)
    return run(self, *arguments, **named)

LyrictermApp.run = run_late
sys.exit(main(sys.argv[1:]))
"""

Open = Callable[..., Terminal]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Open]:
    """Opens the lab in a terminal, training a small model."""
    path = tmp_path / "small.txt"
    path.write_text(LYRICS, encoding="utf-8")
    told = {"--corpus": str(path), "--hidden": "8", "--batch": "2", "--steps": "5", "--epochs": "100000"}
    flags = [*(word for pair in told.items() for word in pair), "--device", "cpu", "--pred-period", "100000"]
    opened: list[Terminal] = []

    def start(*, program: tuple[str, ...] = ("-m", "lyricterm")) -> Terminal:
        opened.append(Terminal(*flags, program=program))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def epoch(terminal: Terminal) -> int:
    """The epoch under way, as the header says; -1 while it says nothing."""
    found = re.search(r"epoch ([0-9,]+)/", terminal.lines[1])
    return int(found[1].replace(",", "")) if found else -1


def done(terminal: Terminal) -> int:
    """Epochs that are done: the header names the one under way."""
    return epoch(terminal) - 1


def trains(terminal: Terminal, beyond: int = 1) -> None:
    terminal.until(lambda: epoch(terminal) > beyond and terminal.lines[1].split()[0] == "training")


def kept() -> RunInfo:
    """The run on disk: one, whole, that nobody holds."""
    (info,) = Store().runs()
    folder = RunFolder(info.folder)
    assert holder(folder.lock_file) is None
    assert not info.running
    saved = checkpoint.load(folder.checkpoint_file)
    assert (saved.epoch, saved.minibatch) == (info.epoch, info.minibatch)
    assert [row.epoch for row in read_curve(folder.curve_file).epochs] == list(range(1, saved.epoch + 1))
    return info


def check_terminal(terminal: Terminal) -> None:
    """It is as it was before, and nobody has written a traceback to it."""
    assert terminal.after == terminal.before
    for mode, name in MODES:
        on, off = terminal.written.rfind(b"\x1b[?%dh" % mode), terminal.written.rfind(b"\x1b[?%dl" % mode)
        assert on < off, name
    assert terminal.written.rfind(b"\x1b[?25l") < terminal.written.rfind(b"\x1b[?25h")
    assert b"Traceback" not in terminal.written


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_lab(lab: Open, number: signal.Signals) -> None:
    terminal = lab()
    trains(terminal)
    shown = done(terminal)
    terminal.process.send_signal(number)
    assert terminal.ended() == 130
    check_terminal(terminal)
    info = kept()
    assert (info.status, info.epoch >= shown) == (RunStatus.INTERRUPTED, True)


def test_leaving_keeps_the_run(lab: Open) -> None:
    terminal = lab()
    trains(terminal)
    shown = done(terminal)
    terminal.type("\x11")
    assert terminal.ended() == 0
    check_terminal(terminal)
    info = kept()
    assert (info.status, info.epoch >= shown) == (RunStatus.INTERRUPTED, True)


def test_a_signal_before_there_is_a_screen(lab: Open) -> None:
    terminal = lab(program=("-c", EARLY))
    assert terminal.ended() == 130
    check_terminal(terminal)
    assert Store().runs() == []


def test_the_terminal_goes_and_a_hangup_comes(lab: Open) -> None:
    terminal = lab()
    trains(terminal)
    terminal.hang_up()
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.process.wait(PATIENCE) == 130
    assert kept().status is RunStatus.INTERRUPTED


def test_the_terminal_goes_without_a_word(lab: Open) -> None:
    terminal = lab()
    trains(terminal)
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) == 130
    assert kept().status is RunStatus.INTERRUPTED


def test_stopped_and_gone_on_with(lab: Open) -> None:
    terminal = lab()
    trains(terminal)
    shown = 0
    for key in ("", "\x1a"):
        starts = terminal.written.count(b"\x1b[?1049h")
        if key:
            terminal.type(key)
        else:
            terminal.process.send_signal(signal.SIGTSTP)
        terminal.until(lambda: is_stopped(terminal))
        terminal.drain()
        # The shell has its terminal back while the lab sleeps.
        assert terminal.written.rfind(b"\x1b[?1049h") < terminal.written.rfind(b"\x1b[?1049l")
        assert terminal.after == terminal.before
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(lambda starts=starts: terminal.written.count(b"\x1b[?1049h") > starts)  # type: ignore[misc]
        shown = epoch(terminal)
        trains(terminal, beyond=shown)
    terminal.type("\x11")
    assert terminal.ended() == 0
    check_terminal(terminal)
    assert kept().epoch >= shown


def is_stopped(terminal: Terminal) -> bool:
    """Whether the lab sleeps until it is told to go on."""
    stopped = os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOHANG)
    return stopped is not None and stopped.si_status in (signal.SIGSTOP, signal.SIGTSTP)


@pytest.mark.parametrize("stops", [False, True], ids=["it was not stopped", "it could not catch the stop"])
def test_gone_on_with_and_the_terminal_is_given_back(lab: Open, stops: bool) -> None:
    terminal = lab()
    trains(terminal)
    starts = terminal.written.count(b"\x1b[?1049h")
    if stops:
        terminal.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)
    terminal.process.send_signal(signal.SIGCONT)
    terminal.until(lambda: terminal.written.count(b"\x1b[?1049h") > starts)
    trains(terminal, beyond=epoch(terminal))
    terminal.type("\x11")
    assert terminal.ended() == 0
    check_terminal(terminal)


def test_an_error_of_the_lab_itself(lab: Open, clean_home: Path) -> None:
    terminal = lab(program=("-c", BROKEN))
    trains(terminal)
    shown = done(terminal)
    terminal.type("\x10")
    assert terminal.ended() == 1
    check_terminal(terminal)
    log = clean_home / "state" / "lyricterm" / "log" / "lyricterm.log"
    after = terminal.written.rpartition(b"\x1b[?1049l")[2].decode()
    words = " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", after).split())
    assert "an internal error ended the lab (ZeroDivisionError)" in words
    assert str(log) in words.replace(" ", "")
    assert "secret" not in words
    logged = log.read_text(encoding="utf-8")
    assert "Traceback" in logged
    assert "a secret detail" in logged
    info = kept()
    assert (info.status, info.epoch >= shown) == (RunStatus.INTERRUPTED, True)
