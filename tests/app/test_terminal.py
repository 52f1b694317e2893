"""The program in a real terminal: a pseudo-terminal, and an emulator that reads what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, small_model


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The lab, training a small model in a terminal."""
    terminal = Terminal(*small_model(tmp_path, pred_period="100000"))
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


def test_a_line_until_the_lab_opens_of_which_nothing_stays(terminal: Terminal) -> None:
    terminal.until(lambda: b"preparing" in terminal.written)
    before = terminal.written.partition(b"\x1b[?1049h")[0]
    assert before == "lyricterm: opening the lab…\r\x1b[K".encode()


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


def settings_line(terminal: Terminal, label: str) -> str:
    """A setting's line of the panel at the left; beside it stand the lyrics, which change."""
    return next(line.partition("││")[0] for line in terminal.lines if label in line)


def test_the_rest_of_a_torn_report_is_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCDELAY", "500")
    terminal = Terminal(*small_model(tmp_path, pred_period="100000"))
    try:
        terminal.until(lambda: "training" in terminal.lines[1] and "prompt" in terminal.lines[-1])
        terminal.type("/")
        terminal.until(lambda: "leave" in terminal.lines[-1])
        terminal.type("\x1b")
        terminal.until(lambda: "leave" not in terminal.lines[-1])
        theta = settings_line(terminal, "theta")
        # A mouse move has a key of theta's, a cursor position that of a new seed.
        terminal.type("[<35;10;5M")
        terminal.type("\x1b")
        terminal.type("[12;40R")
        terminal.type("/")
        terminal.until(lambda: "leave" in terminal.lines[-1])
        assert "‹ 5 ›" in theta
        assert settings_line(terminal, "theta") == theta
        assert not any("seed 1" in line for line in terminal.lines)
        terminal.type("\x11")
        assert terminal.ended() == 0
    finally:
        terminal.close()
