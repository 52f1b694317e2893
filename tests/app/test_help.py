"""The help page: opens, scrolls, closes, and explains every variant."""

from __future__ import annotations

from lyricterm.app.screens.help import TOPICS
from lyricterm.app.widgets.settings_panel import ROWS
from lyricterm.core.settings import SETTINGS
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
            assert SETTINGS[row.setting].label in page
        for title in ("sampling (s)", "clipping (c) and theta ([ ])", "activation (a)", "detach (d)"):
            assert title in page
        for title in ("learning rate (- +)", "sample every (, .)", "prompt (/)"):
            assert title in page
        assert "Enter keeps the completion in the log, → takes it over, Esc leaves." in page
        assert "Space pauses and goes on, n trains one minibatch; r restarts with the same seed" in page
        assert "Later editions take the mean with lr 100 and theta 0.01: once clipped, the same step." in page


async def test_every_topic_can_be_read_in_the_smallest_terminal() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("?")
        page = await read_through(desk)
        for title, _body in TOPICS:
            assert title.format(**desk.app.keys.words()) in page
        assert page.endswith("those that need a new run say so.")
