"""The key bar, keymaps of one's own, and leaving."""

from __future__ import annotations

import pytest

from lyricterm.core.commands import Change, Pause, StepOnce
from lyricterm.core.i18n import translator
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import SMALLEST, USUAL, WIDE, FakeLab, became, key_event, studio


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        (
            (200, 60),
            "space pause  n one step  s sampling  c clipping  a activation  d detach  l cell  r restart  R new seed"
            "  x exercises  t texts  v compare  i inside  e settings  / prompt  ? help  ^p palette  ^q quit",
        ),
        (
            WIDE,
            "space pause  r restart  x exercises  t texts  v compare  i inside  e settings  / prompt  ? help"
            "  ^p palette  ^q quit",
        ),
        (USUAL, "space pause x exercises v compare i inside e settings / prompt ? help ^q quit"),
        (SMALLEST, "space pause  / prompt  ? help  ^q quit"),
    ],
)
async def test_as_many_keys_as_fit(size: tuple[int, int], keys: str) -> None:
    async with studio(size) as desk:
        assert desk.lines()[-1].strip() == keys


async def test_a_key_has_the_name_that_the_language_gives_it() -> None:
    translator.use("zh")
    async with studio(USUAL) as desk:
        assert desk.lines()[-1].strip().startswith("空格 暂停  x 练习")
        await desk.press(" ")
        assert desk.sent[-1] == Pause()


async def test_the_keys_of_the_prompt_while_it_has_the_cursor() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/")
        assert desk.lines()[-1].strip() == (
            "⏎ keep  → take over  esc leave  ^r draw again  ^n several  ^t knobs  ^q quit"
        )


@pytest.mark.slow
async def test_a_click_on_a_key_presses_it() -> None:
    async with studio((200, 60)) as desk:
        bar = desk.lines()[-1]
        await desk.click("#keys", bar.index("sampling"))
        assert desk.sent == [Change((("sampling", "consecutive"),))]
        await desk.click("#keys", bar.index("n one step"))
        await desk.click("#keys", bar.index("space"))
        assert desk.sent[1:] == [StepOnce(), Pause()]
        await desk.click("#keys", bar.index("?"))
        assert desk.title("#help") == "help"
        await desk.press("escape")
        await desk.click("#keys", bar.index("e settings"))
        assert desk.title("#settings") == "settings"
        await desk.press("escape")
        await desk.click("#keys", bar.index("/ prompt"))
        await desk.click("#keys", desk.lines()[-1].index("leave"))
        await desk.press("c")
        assert desk.sent[-1] == Change((("clipping", False),))


async def test_a_click_between_keys_presses_none() -> None:
    async with studio((200, 60)) as desk:
        bar = desk.lines()[-1]
        await desk.click("#keys", bar.index("one step") + len("one step") + 1)
        await desk.click("#keys", len(bar.rstrip()) + 2)
        assert desk.sent == []


async def test_the_space_bar_says_what_it_would_do() -> None:
    async with studio(USUAL, told=()) as desk:
        assert "space" not in desk.lines()[-1]
        await desk.hear(became(RunStatus.PAUSED))
        assert "space go on" in desk.lines()[-1]
        await desk.hear(became(RunStatus.TRAINING))
        assert "space pause" in desk.lines()[-1]


async def test_a_keymap_of_ones_own() -> None:
    async with studio((200, 60)) as desk:
        desk.app.set_keymap({"studio.sampling": "y", "app.palette": "f1"})
        await desk.settle()
        assert "y sampling" in desk.lines()[-1]
        assert "f1 palette" in desk.lines()[-1]
        await desk.press("s")
        assert desk.sent == []
        await desk.press("y")
        assert desk.sent == [Change((("sampling", "consecutive"),))]
        await desk.press("f1")
        assert desk.app.screen.id == "--command-palette"


async def test_every_key_has_an_id_for_keymaps() -> None:
    async with studio(WIDE) as desk:
        for owner in (desk.app, desk.app.studio):
            own = type(owner).__dict__["BINDINGS"]
            assert own
            assert all(binding.id for binding in own)


async def test_ctrl_c_does_not_leave_and_says_what_does() -> None:
    async with studio(USUAL) as desk:
        await desk.press("ctrl+c")
        await desk.until(lambda: "Ctrl+Q leaves lyricterm." in desk.text())
        await desk.press("s")
        assert len(desk.sent) == 1


@pytest.mark.parametrize("before", [(), ("/", "a"), ("e",), ("?",), ("ctrl+p",)])
async def test_ctrl_q_leaves_from_anywhere(before: tuple[str, ...]) -> None:
    async with studio(USUAL, recipe=Recipe()) as desk:
        await desk.press(*before)
        desk.app.post_message(key_event("ctrl+q"))
        await desk.until(lambda: not desk.app.is_running)
        assert isinstance(desk.app.lab, FakeLab)
        assert desk.app.lab.stopped
        assert desk.app.return_code == 0


@pytest.mark.parametrize("key", ["ctrl+p", "e", "?", "x", "v", "i"])
async def test_a_screen_that_is_closed_twice_closes_nothing_else(key: str) -> None:
    async with studio(USUAL) as desk:
        await desk.press(key)
        screen = desk.app.screen
        assert screen is not desk.app.studio
        screen.dismiss()
        screen.dismiss()
        await desk.settle()
        assert desk.app.screen is desk.app.studio
        await desk.press("?")
        screen.dismiss()
        await desk.settle()
        assert desk.app.screen is not desk.app.studio


async def test_a_longer_key_pushes_nothing_out() -> None:
    async with studio(USUAL) as desk:
        desk.app.set_keymap({"app.quit": "f10"})
        await desk.settle()
        keys = desk.lines()[-1]
        for word in ("exercises", "compare", "inside", "settings", "prompt", "help", "f10 quit"):
            assert word in keys


async def test_no_setting_is_out_of_reach_at_80_columns() -> None:
    async with studio(USUAL) as desk:
        panel = desk.widget("#settings-panel")
        assert panel.show_vertical_scrollbar == (panel.max_scroll_y > 0)
        panel.scroll_end(animate=False, immediate=True)
        await desk.settle()
        shown = [line.rstrip(" ▁▂▃▄▅▆▇█") for line in desk.panel("#settings-panel")]
        assert shown[-2:] == ["time steps 35 · batch size 32", "hidden units 256 · seed 0"]
