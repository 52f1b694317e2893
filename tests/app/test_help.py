"""The help page: opens, scrolls, closes, and explains every setting."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from lyricterm.app.screens.help import HelpPage
from lyricterm.app.screens.help_topics import TOPICS
from lyricterm.app.widgets.setting_rows import ROWS
from lyricterm.core.i18n import translator
from lyricterm.core.settings import SETTINGS
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, studio


def page(desk: Desk) -> str:
    """All that the page says, its lines joined."""
    return " ".join(" ".join(text(desk).split()).replace("─", "").split())


def text(desk: Desk) -> str:
    """The page as it is laid out."""
    return desk.app.screen.query_one(HelpPage).render().plain


async def test_it_opens_and_closes() -> None:
    async with studio(USUAL) as desk:
        for close in ("escape", "?", "q"):
            await desk.press("?")
            assert desk.title("#help") == "help"
            assert "Esc closes" in desk.subtitle("#help")
            await desk.press(close)
            assert desk.app.screen is desk.app.studio
        assert desk.sent == []


async def test_keys_of_the_studio_do_nothing_while_it_is_read() -> None:
    async with studio(USUAL) as desk:
        await desk.press("?", "s", "c", "r", "space", "escape")
        assert desk.sent == []


async def test_it_explains_every_setting_and_the_mean_loss() -> None:
    async with studio(USUAL) as desk:
        await desk.press("?")
        told = page(desk)
        for row in ROWS:
            assert SETTINGS[row.setting].label in told
        for title in ("sampling (s)", "clipping (c) and theta ([ ])", "activation (a)", "detach (d)"):
            assert title in told
        for title in ("learning rate (- +)", "sample every (, .)", "prompt (/)"):
            assert title in told
        assert "Enter keeps the completion in the log, → takes it over, Esc leaves." in told
        assert "Ctrl+R draws again, Ctrl+N writes several to choose from." in told
        assert "Space pauses and goes on, n trains one minibatch; r restarts with the same seed" in told
        assert "Later editions take the mean with lr 100 and theta 0.01: once clipped, the same step." in told


async def test_every_topic_can_be_read_in_the_smallest_terminal() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("?")
        told = page(desk)
        for title, _body in TOPICS:
            assert title.format(**desk.app.keys.words(desk.app.every_action())) in told
        assert told.endswith("write the file export.write-file")


@pytest.mark.parametrize("size", [SMALLEST, USUAL, WIDE])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_it_begins_with_the_keys_and_scrolls_to_its_end(size: tuple[int, int], language: str) -> None:
    translator.use(language)
    async with studio(size) as desk:
        await desk.press("?")
        lines = text(desk).splitlines()
        assert max(map(cell_len, lines)) <= desk.widget("HelpPage").size.width
        assert lines[0].startswith(translator.translate("keys here"))
        assert translator.translate("pause after this minibatch, or go on")[:8] in lines[1]
        assert lines[1].strip()[:8] in desk.text()
        await desk.press("end")
        await desk.until(lambda: "export.write-file" in desk.text())


async def test_the_keys_of_the_screen_below_come_first() -> None:
    async with studio(WIDE) as desk:
        await desk.press("v", "?")
        lines = text(desk).splitlines()
        assert lines[1].split(maxsplit=1) == ["Space", "draw the run's curve, or no more"]
        assert len([line for line in lines if line.rstrip().endswith("compare.choose")]) == 1
        for action in desk.app.every_action():
            assert not action.keys or any(line.endswith(action.id) for line in lines)


async def test_the_help_changes_its_language_while_it_is_open() -> None:
    async with studio(WIDE) as desk:
        await desk.press("?")
        await desk.choose("中文")
        assert desk.title("#help") == "帮助"
        assert "此处的按键" in desk.text()
