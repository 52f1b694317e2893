"""Small things that once ended the app: each is what a storm found, in its plainest form."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.widgets import Input
from textual.widgets._toast import Toast

from lyricterm.app.screens.palette import Palette
from lyricterm.app.screens.settings import SettingsScreen
from lyricterm.core.events import Event, Failed, Noticed, Refused
from lyricterm.core.sanitize import safe
from lyricterm.core.settings import Recipe
from tests.app.desk import USUAL, Desk, key_event, studio

pytestmark = pytest.mark.slow

STEERING = "a\x1b[2Jb\x07\u202ec\ud800"


def button(kind: type[events.MouseEvent], x: int, y: int) -> events.MouseEvent:
    """The left button, somewhere."""
    return kind(None, x, y, 0, 0, 1, False, False, False, x, y)


def nothing_steers(desk: Desk) -> bool:
    """What is drawn is what a terminal shows, and does not obey."""
    return all(line == safe(line) for line in desk.lines())


async def test_a_notice_may_be_clicked_twice() -> None:
    async with studio() as desk:
        await desk.hear(Refused(1, "Not so."))
        await desk.until(lambda: bool(desk.app.screen.query(Toast)))
        await desk.settle()
        region = desk.app.screen.query_one(Toast).region
        for _ in range(2):
            desk.app.post_message(button(events.MouseDown, region.x + 1, region.y))
            desk.app.post_message(button(events.MouseUp, region.x + 1, region.y))
            await desk.pilot.pause(0)
        await desk.settle()
        assert not desk.app.screen.query(Toast)
        await desk.press("e")
        assert isinstance(desk.app.screen, SettingsScreen)


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
@pytest.mark.parametrize("size", [(1, 1), (40, 4), (80, 24)])
async def test_pages_of_a_palette_that_has_no_room(size: tuple[int, int], key: str) -> None:
    async with studio(size=size) as desk:
        desk.app.post_message(key_event("ctrl+p"))
        for _ in range(20):
            await desk.press(key)
        assert isinstance(desk.app.screen, Palette)


@pytest.mark.parametrize("size", [(4, 1), (4, 24), (6, 24)])
async def test_a_palette_in_a_terminal_of_a_few_columns(size: tuple[int, int]) -> None:
    async with studio() as desk:
        await desk.press("ctrl+p")
        await desk.settle()
        await desk.resize(*size)
        assert isinstance(desk.app.screen, Palette)
        await desk.resize(*USUAL)
        assert any("English" in line or "Pause" in line for line in desk.lines())


@pytest.mark.parametrize("key", ["e", "question_mark"])
async def test_leaving_while_a_screen_opens(key: str) -> None:
    for ticks in range(8):
        async with studio(told=()) as desk:
            desk.app.post_message(key_event(key))
            for _ in range(ticks):
                await asyncio.sleep(0)
            desk.app.exit()
            await desk.until(lambda app=desk.app: not app.is_running)  # type: ignore[misc]
            assert desk.app.return_code == 0


@pytest.mark.parametrize("event", [Refused(1, STEERING), Noticed(1, STEERING), Failed(1, STEERING)])
async def test_a_sentence_that_steers_the_terminal_is_only_shown(event: Event) -> None:
    async with studio() as desk:
        await desk.hear(event)
        await desk.until(lambda: "a\ufffd[2Jb\ufffd\ufffdc\ufffd" in desk.text())
        assert nothing_steers(desk)


async def test_settings_show_steering_characters_and_keep_them() -> None:
    recipe = Recipe(prefixes=(STEERING,))
    async with studio(recipe=recipe, told=()) as desk:
        await desk.press("e")
        assert nothing_steers(desk)
        field = desk.app.screen.query_one("#set-prefixes", Input)
        assert field.value == safe(STEERING)
        await desk.press("ctrl+s")
        assert desk.app.studio.state.wanted == recipe


@pytest.mark.parametrize(("opened", "more"), [("e", ""), ("ctrl+p", ""), ("slash", " 身边")])
async def test_what_is_pasted_can_be_shown(opened: str, more: str) -> None:
    async with studio() as desk:
        await desk.press(opened)
        field = desk.app.focused
        assert isinstance(field, Input)
        field.value = ""
        await desk.paste("分\x1b[2J开\ud800\n身边")
        assert field.value == "分\ufffd[2J开\ufffd" + more
        field.select_all()
        await desk.press("ctrl+c")
        assert nothing_steers(desk)
