"""What a terminal sends is taken whole, wherever a slow line tears it apart."""

from __future__ import annotations

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS, IGNORE_SEQUENCE
from textual._xterm_parser import XTermParser
from textual.events import AppFocus, CursorPosition, Key, MouseEvent, MouseMove, Paste
from textual.message import Message

from lyricterm.app.whole_keys import WholeKeys, apart, escape_delay

REPORTS = ["\x1b[<35;10;5M", "\x1b[<0;10;5m", "\x1b[12;40R", "\x1b[A", "\x1bOP", "\x1b[15~", "\x1b[1;5C", "\x1b[I"]
"""Mouse, cursor position, arrows, F1, F5, Ctrl+Right, focus."""
DELAY = 0.1


class Line:
    """A line whose time is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.parser = WholeKeys()
        self.parser._delay = DELAY
        self.parser.clock = lambda: self.now

    def send(self, *parts: str, gap: float = 0.12) -> list[Message]:
        """What the parts mean that come one after the other, with so many seconds between them."""
        got: list[Message] = []
        for part in parts:
            got += self.parser.feed(part)
            got += self.parser.tick()
            self.now += gap
            got += self.parser.tick()
        return got

    def keys(self, *parts: str, gap: float = 0.12) -> list[str]:
        """The keys among it."""
        return [message.key for message in self.send(*parts, gap=gap) if isinstance(message, Key)]


def told(message: Message) -> tuple[str, object]:
    """A message as it can be compared."""
    for name in ("key", "text", "screen_x"):
        if hasattr(message, name):
            return type(message).__name__, getattr(message, name)
    return type(message).__name__, None


@pytest.mark.parametrize("report", REPORTS)
def test_what_follows_a_lone_escape_is_never_a_command(report: str) -> None:
    assert Line().keys("\x1b", report[1:], "s") == ["escape", "s"]


@pytest.mark.parametrize("report", REPORTS)
def test_torn_at_each_place_it_is_what_it_was_or_nothing(report: str) -> None:
    whole = [told(message) for message in XTermParser().feed(report)]
    assert whole
    for place in range(2, len(report)):
        got = [told(message) for message in Line().send(report[:place], report[place:])]
        # Behind the O it looks like Alt+Shift+O, which is no command of the lab's.
        assert got == (whole if report[1] == "[" else [("Key", "alt+shift+o")]), place
        assert Line().keys(report[:place], report[place:], "s")[-1] == "s"


def test_torn_into_every_character_it_is_swallowed() -> None:
    assert Line().keys(*"\x1b[<35;10;5M", "s") == ["escape", "s"]


def test_what_comes_within_the_delay_is_whole() -> None:
    line = Line()
    (moved,) = line.send(*"\x1b[<35;10;5M", gap=0.05)
    assert isinstance(moved, MouseMove)
    assert (moved.screen_x, moved.screen_y) == (9, 4)
    assert isinstance(line.send("\x1b[12;40R")[0], CursorPosition)
    assert isinstance(line.send("\x1b", "[I", gap=0.01)[0], AppFocus)


def test_escape_is_a_key_after_its_delay_and_before_another_escape() -> None:
    line = Line()
    assert list(line.parser.feed("\x1b")) == []
    assert list(line.parser.tick()) == []
    line.now = DELAY
    assert [message.key for message in line.parser.tick() if isinstance(message, Key)] == ["escape"]
    assert list(line.parser.tick()) == []
    assert Line().keys("\x1b\x1b", "s") == ["escape", "escape", "s"]
    assert Line().keys("\x1b", "s") == ["escape", "s"]
    assert Line().keys("\x1bs") == ["alt+s"]


def test_a_bracket_that_a_person_types_later_is_a_key() -> None:
    line = Line()
    assert line.keys("\x1b", gap=10 * DELAY) == ["escape"]
    assert line.keys("[", "]") == ["left_square_bracket", "right_square_bracket"]


def test_a_report_that_never_ends_is_forgotten() -> None:
    line = Line()
    assert line.keys("\x1b[<35", gap=10 * DELAY) == []
    assert line.keys("s") == ["s"]
    assert line.keys("\x1b[" + "1;" * 40 + "m", "s", gap=0) == ["s"]


def test_a_report_that_nobody_knows_is_no_command() -> None:
    assert Line().keys("\x1b[?1;2c", "\x1b[99z", "s") == ["s"]


@pytest.mark.parametrize(
    "parts", [["\x1b[200~ab\x1b[201~"], ["\x1b", "[200~ab", "\x1b", "[201~"], ["\x1b[20", "0~ab\x1b[2", "01~"]]
)
def test_a_paste_is_one_wherever_it_is_torn(parts: list[str]) -> None:
    line = Line()
    pasted = [message.text for message in line.send(*parts, "s") if isinstance(message, Paste)]
    assert pasted == ["ab"]
    assert line.keys("q") == ["q"]


ANSWERS = ["\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b]10;rgb:0/0/0\x07", "\x1bP>|xterm(390)\x1b\\", "\x1b_Gi=1;OK\x1b\\"]
"""Colours, the terminal's name, a picture: asked for by a program before this one."""


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_words_is_no_command_wherever_it_is_torn(answer: str) -> None:
    assert Line().keys(answer, "s") == ["s"]
    assert Line().keys(*answer, "s", gap=0.05) == ["s"]
    assert Line().keys("\x1b", answer[1:], "s") == ["escape", "s"]
    for place in range(3, len(answer)):
        assert Line().keys(answer[:place], answer[place:], "s", gap=0.3) == ["s"], place


def test_an_answer_that_never_ends_is_given_up() -> None:
    line = Line()
    assert line.keys("\x1b]11;rgb:ff", gap=10 * DELAY) == []
    assert line.keys("s") == ["s"]
    assert line.keys("\x1b]11;rgb:ff", "\x1b", gap=10 * DELAY)[-1:] == ["escape"]
    assert line.keys("\x1b]11;rgb:ff\x1b[A", "s") == ["up", "s"]


def test_what_only_looks_like_the_beginning_of_an_answer_is_a_key() -> None:
    assert Line().keys("\x1b]", "s") == ["alt+right_square_bracket", "s"]
    assert Line().keys("\x1b", "]", "s") == ["escape", "right_square_bracket", "s"]
    assert Line().keys("\x1b", "]s") == ["escape", "right_square_bracket", "s"]
    assert Line().keys("\x1bPs", "_") == ["alt+P", "s", "underscore"]


def test_an_escape_in_a_paste_is_no_key() -> None:
    (pasted,) = Line().send("\x1b[200~a\x1b[31mb\x1b\x1b[201~")
    assert isinstance(pasted, Paste)
    assert pasted.text == "a\ufffd[31mb\ufffd"


def test_every_key_that_textual_knows_is_the_same_key() -> None:
    differ = []
    for sequence, keys in ANSI_SEQUENCES_KEYS.items():
        if keys is IGNORE_SEQUENCE or sequence.startswith("\x1b\x1b") or sequence == "\x1b":
            continue
        expected = [told(message) for message in XTermParser().feed(sequence)]
        if [told(message) for message in Line().send(sequence)] != expected:
            differ.append(sequence)
    assert differ == []


@pytest.mark.parametrize(
    ("sent", "name"), [("y", "y"), ("Y", "Y"), ("/", "slash"), (" ", "space"), ("\u6625", "\u6625"), ("+", "plus")]
)
def test_alt_and_a_character_may_be_escape_and_that_character(sent: str, name: str) -> None:
    (key,) = Line().send(f"\x1b{sent}")
    assert isinstance(key, Key)
    assert key.key.startswith("alt+")
    both = apart(key)
    assert both is not None
    assert (both.escape.key, both.key.key, both.key.character) == ("escape", name, sent)
    assert apart(both.key) is None
    assert apart(Key("alt+left", None)) is None


def test_over_a_line_an_escape_waits_longer() -> None:
    here = escape_delay({})
    assert escape_delay({"SSH_TTY": "/dev/pts/1"}) == escape_delay({"SSH_CONNECTION": "1 2 3 4"}) > 2 * here
    assert escape_delay({"SSH_TTY": "/dev/pts/1", "ESCDELAY": "25"}) == 0.025
    assert escape_delay({"ESCDELAY": "soon"}) == here


def test_a_mouse_of_before_sgr() -> None:
    assert not [message for message in Line().send("\x1b[M !!", "s") if isinstance(message, MouseEvent)]
    assert Line().keys("\x1b[M !!", "s") == ["s"]
