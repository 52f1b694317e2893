"""What is typed in the prompt: characters of several code points, and lines."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import Input

from lyricterm.core.commands import Complete
from lyricterm.core.settings import Recipe
from tests.app.desk import FACTS, TRAINING, USUAL, Desk, completed, progress, sampled, started, studio

FAMILY, THUMB = "👨\u200d👩\u200d👧", "👍🏽"


def field(desk: Desk) -> Input:
    return desk.app.screen.query_one("#typed", Input)


def drawn(desk: Desk) -> str:
    return "".join(line.rstrip() for line in desk.panel("#typed")).replace("\u034f", "")


async def test_a_pasted_emoji_is_one_character_for_the_eye_the_cursor_and_the_keys() -> None:
    known = replace(started(), facts=replace(FACTS, characters_known=frozenset("ab" + FAMILY + THUMB)))
    async with studio(USUAL, told=[known, *TRAINING[1:]]) as desk:
        await desk.press("/")
        await desk.paste(f"a{FAMILY}{THUMB}b")
        assert field(desk).value == f"a{FAMILY}{THUMB}b"
        assert desk.title("#prompt") == "prompt"
        assert "\ufffd" not in drawn(desk)
        assert drawn(desk).startswith("a👨👍b")
        await desk.press("left", "left")
        assert field(desk).cursor_position == 1 + len(FAMILY)
        await desk.press("left")
        assert field(desk).cursor_position == 1
        await desk.press("right")
        assert field(desk).cursor_position == 1 + len(FAMILY)
        await desk.press("backspace")
        assert field(desk).value == f"a{THUMB}b"
        await desk.press("delete")
        assert field(desk).value == "ab"
        assert [each.typed for each in desk.sent if isinstance(each, Complete)] == [
            f"a{FAMILY}{THUMB}b",
            f"a{THUMB}b",
            "ab",
        ]


async def test_an_emoji_that_is_typed_keeps_its_joiners() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", *FAMILY)
        assert field(desk).value == FAMILY
        assert drawn(desk) == "👨"


async def test_the_model_goes_on_with_whole_emoji() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", f"{THUMB}b{FAMILY}"), sampled(50, "a", f"{FAMILY}c"))
        assert drawn(desk).startswith("a👍b👨")
        assert "a👨c" in desk.lyrics().replace("\u034f", "")


async def test_lines_are_typed_pasted_and_seen_where_the_text_keeps_them() -> None:
    poem = Recipe(newlines="keep")
    async with studio(USUAL, told=[started(poem), *TRAINING[1:2], progress(recipe=poem)], recipe=poem) as desk:
        await desk.press("/", "a", "ctrl+j", "b")
        assert field(desk).value == "a\nb"
        assert drawn(desk).startswith("a↵b")
        await desk.paste("\r\nc\rd")
        assert field(desk).value == "a\nb\nc\nd"
        assert desk.sent[-1] == Complete(4, "a\nb\nc\nd", 50)
        await desk.hear(completed("a\nb\nc\nd", "e\nf"))
        assert drawn(desk).startswith("a↵b↵c↵de↵f")
        await desk.press("enter")
        assert "a↵b↵c↵de↵f" in desk.lyrics()


async def test_where_the_text_has_no_lines_a_new_one_is_a_space() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a", "ctrl+j", "b")
        await desk.paste("\r\nc")
        assert field(desk).value == "a b c"
