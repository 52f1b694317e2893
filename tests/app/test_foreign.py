"""Foreign texts on the screen: they neither steer it, nor shift it, nor are they taken for markup."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pyte
import pytest
from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import Input

from lyricterm.app.app import LyrictermApp
from lyricterm.app.screens.settings import SettingsScreen
from lyricterm.app.wrap import wrap
from lyricterm.core.events import Failed, Noticed, Refused
from lyricterm.core.graphemes import JOINED
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import outgoing
from lyricterm.core.settings import Recipe
from tests.app.desk import (
    FACTS,
    SMALLEST,
    TRAINING,
    USUAL,
    WIDE,
    Desk,
    became,
    completed,
    progress,
    sampled,
    started,
    studio,
)

HOSTILE = {
    "clear the screen": "\x1b[2J\x1b]0;title\x07\x08\x0e",
    "eight-bit": "\x9b31m\x9d0;title\x9c\x85\x7f",
    "bidirectional": "\u202eevil\u202c\u2066\u2069\u200f",
    "invisible": "\u200b\u200d\ufeff\u00ad\u3164\u2800\U000e0041\ufe0f",
    "line ends": "a\nb\r\nc\u2028d\u2029e\x0bf\x0cg\th",
    "marks": "\u0301\u0301 \u0301" + "e\u0301分\u0301" * 3 + "e" + "\u0335" * 30,
    "markup": "[red]x[/red] [link=http://x]y[/link] [@click=app.quit]z[/] [/] \\[ :smile:",
    "emoji": "👩\u200d👧🇨🇳👍🏽❤\ufe0f1\ufe0f\u20e3🎵",
    "wide": "分开" * 30 + "한국어ｗｉｄｅ\u3000𠮷",
    "unknown": "\ue000\u0378\uffff\udcff\ud800\U0010ffff",
}
SIZES = [WIDE, USUAL, SMALLEST]


def is_whole(desk: Desk) -> None:
    """Each row fills its line to the cell, by Rich's measure and in an emulator of a terminal; nothing steers it."""
    width, height = desk.app.size
    terminal = pyte.Screen(width + 60, height)
    stream = pyte.Stream(terminal)
    strips = desk.app.screen._compositor.render_strips()
    assert len(strips) == height
    for y, strip in enumerate(strips):
        row = "".join(segment.text for segment in strip)
        assert sum(cell_len(segment.text) for segment in strip) == cell_len(row) == width, row
        left = {unicodedata.category(character) for character in row}
        assert not left & {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}, ascii(row)
        # Terminals give a grapheme joiner no cell; this emulator stops at it.
        stream.feed(f"\x1b[{y + 1};1H{row.replace(JOINED, '')}")
        assert (terminal.cursor.x, terminal.cursor.y) == (width, y), row


@pytest.mark.parametrize("kind", HOSTILE)
async def test_everywhere_at_once(kind: str) -> None:
    text = HOSTILE[kind]
    run = replace(started(), facts=replace(FACTS, corpus=text, characters_known=frozenset("ab")))
    async with studio(
        USUAL, told=[run, became(RunStatus.TRAINING), progress()], recipe=Recipe(corpus="x" + text)
    ) as desk:
        await desk.hear(sampled(50, text, text), sampled(50, "分" + text, text * 20))
        await desk.press("/")
        await desk.paste(text)
        value = desk.app.screen.query_one("#typed", Input).value
        assert value == outgoing(text.replace("\r\n", "\n"))
        await desk.hear(completed(value, text * 9))
        await desk.press("enter")
        for size in SIZES:
            await desk.resize(*size)
            is_whole(desk)
        await desk.hear(Failed(1, f"There is no file {text}."))
        is_whole(desk)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_corpus_before_it_is_read(kind: str) -> None:
    async with studio(USUAL, told=(), recipe=Recipe(corpus="x" + HOSTILE[kind])) as desk:
        is_whole(desk)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_notifications(kind: str) -> None:
    async with studio(WIDE) as desk:
        await desk.hear(Refused(1, HOSTILE[kind]), Noticed(1, HOSTILE[kind]))
        is_whole(desk)
        if kind == "markup":
            assert "[red]x[/red]" in desk.text()


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
async def test_settings(kind: str, tmp_path: Path) -> None:
    if kind == "unknown":
        corpus = tmp_path / "\ue000\u0378\udcff.txt"
    else:
        corpus = tmp_path / (HOSTILE[kind].replace("/", "")[:60] + ".txt")
    corpus.write_text("text", encoding="utf-8")
    recipe = Recipe(corpus=str(corpus), prefixes=(HOSTILE[kind], "a|b"))
    async with studio(WIDE, told=[started(recipe), progress(recipe=recipe)], recipe=recipe) as desk:
        await desk.press("e")
        is_whole(desk)
        assert "Nothing is changed." in desk.text()
        screen = desk.app.screen
        assert isinstance(screen, SettingsScreen)
        assert not screen.query(".-invalid")
        lr = screen.query_one("#set-lr", Input)
        lr.value = "0.5"
        await desk.settle()
        assert screen._read()[0] == replace(recipe, lr=0.5)
        screen.query_one("#set-prefixes", Input).value = "c" + HOSTILE[kind]
        await desk.settle()
        is_whole(desk)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_palette(kind: str) -> None:
    async with studio(USUAL) as desk:
        await desk.press("ctrl+p")
        await desk.paste("x" + HOSTILE[kind])
        # What has a slash is taken for a path.
        await desk.until(lambda: any(words in desk.text() for words in ("no command fits", "there is no file x")))
        is_whole(desk)


async def test_a_paste_that_goes_nowhere_ends_there(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    on_event = LyrictermApp.on_event

    async def hear(app: LyrictermApp, event: events.Event) -> None:
        if isinstance(event, events.Paste):
            heard.append(event.text)
            assert len(heard) < 10
        await on_event(app, event)

    monkeypatch.setattr(LyrictermApp, "on_event", hear)
    async with studio() as desk:
        await desk.press("?")
        await desk.paste("a\x1b[2J\nb")
        for _ in range(20):
            await desk.settle()
        # To the screen, and from there, as nobody wants it, up to the app.
        assert 1 <= len(heard) <= 3
        await desk.press("escape", "/", "x")
        assert desk.app.screen.query_one("#typed", Input).value == "x"


@pytest.mark.parametrize("width", range(2, 30))
@pytest.mark.parametrize(
    "text", ["分\u0301abc " * 20, "分\u0301开\u0308" * 30, "e\u0301" * 90], ids=["mixed", "wide", "narrow"]
)
def test_marks_stay_with_their_letters_when_lines_are_wrapped(text: str, width: int) -> None:
    lines = [line.plain for line in wrap(Text(text), width)]
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert cell_len(line) <= width
        assert not line.startswith(("\u0301", "\u0308"))


async def test_text_that_begins_with_a_mark_on_the_prefix() -> None:
    async with studio() as desk:
        await desk.hear(sampled(50, "cafe", "\u0301 noir"))
        assert "  cafe\u0301 noir" in "\n".join(desk.panel("#log"))


@pytest.mark.parametrize(
    ("typed", "named"), [(" ", "␣"), ("\u3000", "U+3000"), ("é ß\u3000", "é ␣ ß U+3000"), ("\u0301", "◌\u0301")]
)
async def test_unknown_characters_that_cannot_be_seen_are_named(typed: str, named: str) -> None:
    run = replace(started(), facts=replace(FACTS, characters_known=frozenset("分开")))
    async with studio(told=[run, *TRAINING[1:]]) as desk:
        await desk.press("/")
        # Textual takes no key of a wide space.
        await desk.paste(typed)
        assert desk.title("#prompt") == f"prompt · not in the vocabulary, skipped: {named}"


async def test_a_suggestion_that_cannot_be_shown_is_taken_over_as_it_is_shown() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", "b\x1b[2J\u202ec\td"))
        assert desk.panel("#typed")[0].rstrip() == "ab\ufffd[2J\ufffdc d"
        await desk.press("right")
        assert desk.app.screen.query_one("#typed", Input).value == "ab\ufffd[2J\ufffdc d"
        is_whole(desk)
