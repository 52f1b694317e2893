"""From 40×12 to 200×60, and what is said below that."""

from __future__ import annotations

import pytest

from lyricterm.core.events import Diverged
from lyricterm.core.run_status import RunStatus
from tests.app.desk import SMALLEST, USUAL, WIDE, became, completed, sampled, studio

ANSWER = "你我在身边有的话说天空"


async def test_a_terminal_that_is_too_small_says_so_and_comes_back() -> None:
    async with studio(SMALLEST) as desk:
        assert "needs" not in desk.text()
        for width, height in ((39, 12), (40, 11), (20, 5)):
            await desk.resize(width, height)
            told = " ".join(desk.text().split())
            assert f"The terminal is {width}×{height}; lyricterm needs 40×12." in told
            assert "lyrics while it learns" not in told
        await desk.resize(40, 12)
        assert "needs" not in desk.text()
        assert desk.title("#log") == "lyrics while it learns"


@pytest.mark.slow
async def test_the_tiniest_terminals_do_no_harm() -> None:
    async with studio(SMALLEST) as desk:
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 88, 6, "loss"))
        for size in ((1, 1), (2, 1), (1, 30), (300, 2), (5, 5), (3, 40)):
            await desk.resize(*size)
            await desk.press("s", "e", "escape", "?", "escape", "/", "a", "escape")
        await desk.resize(*USUAL)
        assert desk.setting("sampling") in ("random", "→ consecutive")


@pytest.mark.slow
async def test_resizing_while_it_runs() -> None:
    async with studio(USUAL) as desk:
        await desk.hear(sampled(50, "分开", ANSWER))
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER * 4))
        for size in (USUAL, (200, 60), SMALLEST, (66, 20), (65, 19), (110, 32), (109, 31), WIDE, USUAL):
            await desk.resize(*size)
            lines = desk.lines()
            assert len(lines) == size[1]
            assert "lyricterm" in lines[0]
            assert "epoch 88/200" in lines[1]
            assert desk.title("#perplexity").startswith("perplexity 10.1")
            assert "  分开" + ANSWER[:8] in "\n".join(desk.panel("#log"))
            assert desk.panel("#typed")[0].startswith("a" + ANSWER[:5])
            assert "leave" in lines[-1]


@pytest.mark.parametrize("size", [(200, 60), WIDE, USUAL, (66, 20), SMALLEST])
async def test_the_panels_fill_the_screen(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        panels = ("#loss", "#perplexity", "#norm", "#settings-panel", "#log", "#settings-line", "#prompt")
        shown = [desk.widget(panel).region for panel in panels if desk.widget(panel).region.area]
        assert sum(region.area for region in shown) == size[0] * (size[1] - 3)
        for one in shown:
            assert (one.x, one.y) >= (0, 2)
            assert one.right <= size[0]
            assert one.bottom <= size[1] - 1
        for i, one in enumerate(shown):
            assert not any(one.overlaps(other) for other in shown[i + 1 :])


async def test_more_room_shows_more() -> None:
    async with studio(USUAL) as desk:
        small = {panel: desk.widget(panel).size for panel in ("#loss", "#log", "#typed", "#settings-panel")}
        await desk.resize(200, 60)
        for panel, size in small.items():
            grown = desk.widget(panel).size
            assert grown.width >= size.width
            assert grown.height > size.height
        assert "seed 0" in "\n".join(desk.panel("#settings-panel"))


async def test_keys_work_where_the_settings_have_no_room() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("s")
        assert "▼" not in desk.text()
        assert len(desk.sent) == 1
        await desk.resize(*USUAL)
        assert desk.setting("sampling") == "→ consecutive"
