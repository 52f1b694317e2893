"""What is there before the trainer has said anything."""

from __future__ import annotations

import pytest

from lyricterm.app.app import LyrictermApp
from lyricterm.core.settings import Recipe
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, FakeLab, studio

HINT = "type the beginning of a lyric; the model goes on with it"


@pytest.mark.parametrize("size", [WIDE, USUAL])
async def test_the_frame_is_complete_before_the_first_event(size: tuple[int, int]) -> None:
    async with studio(size, told=()) as desk:
        assert "lyricterm  demo-zh" in desk.lines()[0]
        assert "preparing" in desk.lines()[1]
        assert [desk.title(panel) for panel in ("#loss", "#perplexity", "#norm")] == [
            "loss",
            "perplexity",
            "gradient norm",
        ]
        assert desk.title("#log") == "lyrics while it learns"
        assert desk.setting("sampling") == "random"
        assert desk.setting("lr") == "‹ 0.2 ›"
        assert HINT in desk.panel("#prompt")[0]
        assert "/ prompt" in desk.lines()[-1]


async def test_the_smallest_frame_has_the_prompt() -> None:
    async with studio(SMALLEST, told=()) as desk:
        assert desk.panel("#prompt")[0].startswith("type the beginning of a lyric")


async def test_the_recipe_shows_before_the_first_event() -> None:
    recipe = Recipe(hidden=64, sampling="consecutive", clipping=False, seed=7)
    async with studio(WIDE, told=(), recipe=recipe) as desk:
        assert desk.setting("sampling") == "consecutive"
        assert desk.setting("clipping") == "off"
        assert "hidden units 64" in desk.text()
        assert "seed 7" in desk.text()


@pytest.mark.parametrize("paused", [False, True])
async def test_the_lab_starts_once_there_is_something_to_look_at(paused: bool) -> None:
    class Watching(FakeLab):
        def start(self) -> None:
            super().start()
            frames.append(Desk(app, pilot).text())

    frames: list[str] = []
    app = LyrictermApp(Recipe(seed=3), paused=paused, make_lab=Watching)
    async with app.run_test(size=USUAL) as pilot:
        await Desk(app, pilot).settle()
        assert len(frames) == 1
        for part in ("preparing", "gradient norm", "consecutive", "lyrics while it learns", HINT, "? help"):
            assert part in frames[0]
        assert isinstance(app.lab, FakeLab)
        assert (app.lab.recipe, app.lab.paused) == (Recipe(seed=3), paused)
