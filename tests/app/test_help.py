"""The help page: opens, scrolls, closes, and explains every variant."""

from __future__ import annotations

from lyricterm.app.screens.help import TOPICS
from lyricterm.app.widgets.variants import ROWS
from lyricterm.recipe import AXES
from tests.app.desk import SMALLEST, USUAL, Desk, studio


async def read_through(desk: Desk) -> str:
    """Every line of the page, read from top to bottom."""
    seen: list[str] = []
    for _page in range(60):
        seen += [line.strip(" ▁▂▃▄▅▆▇█") for line in desk.panel("#help") if line.strip(" ▁▂▃▄▅▆▇█") not in seen[-40:]]
        before = desk.panel("#help")
        await desk.press("pagedown")
        await desk.pilot.wait_for_scheduled_animations()
        if desk.panel("#help") == before:
            break
    return " ".join(" ".join(seen).split())


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


async def test_it_explains_every_variant_and_the_mean_loss() -> None:
    async with studio(USUAL) as desk:
        await desk.press("?")
        page = await read_through(desk)
        for row in ROWS:
            assert AXES[row.axis].label in page
            assert (f"({row.keys})" in page) or all(key in page for key in row.keys)
        assert "Later editions take the mean with lr 100 and theta 0.01: once clipped, the same step." in page


async def test_every_topic_can_be_read_in_the_smallest_terminal() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("?")
        page = await read_through(desk)
        for title, _body in TOPICS:
            assert title in page
        assert page.endswith("those that need a new run say so.")
