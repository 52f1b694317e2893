"""Anything pressed, clicked, pasted and resized in any order: nothing breaks, and the screen tells the truth."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from textual import events

from lyricterm.app.app import LyrictermApp
from lyricterm.app.formats import setting
from lyricterm.app.lab import Lab
from lyricterm.events import Activity, Diverged, Event, Failed, Refused
from lyricterm.recipe import Recipe
from tests.app.desk import (
    WIDE,
    Desk,
    became,
    completed,
    key_event,
    mark,
    progress,
    sampled,
    series,
    started,
    studio,
)
from tests.app.real import small, training

KEYS = (
    *"scad[]-+=,.nrR/?e ab分é[i123456",
    *("enter", "escape", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end"),
    *("backspace", "delete", "pageup", "pagedown", "ctrl+p", "ctrl+s", "ctrl+u", "ctrl+c"),
)
PASTES = ("分开\n不分开", "[b]x[/b]", "\x1b[2J\u202e", "", "开" * 3_000, "0.5", "-1")
SIZES = ((80, 24), (120, 40), (40, 12), (39, 11), (110, 32), (66, 20), (5, 3))
REPORTS: tuple[Event, ...] = (
    *(became(activity) for activity in Activity),
    progress(),
    progress(epoch=90, perplexity=series(9e9, float("inf")), loss=series(float("inf"))),
    progress(marks=(mark("clipping", True, False),), recipe=Recipe(clipping=False)),
    progress(pending=(("sampling", "consecutive"),)),
    sampled(50, "分开", "你我\n在身边"),
    completed("a", "你我"),
    completed("分", ""),
    started(),
    Diverged(1, 88, 6, "gradient"),
    Refused(1, "No [/b]."),
    Failed(1, "No [b]."),
)


async def calm(desk: Desk) -> None:
    """Back to the studio, whatever was open."""
    await desk.resize(*WIDE)
    while desk.app.screen is not desk.app.studio:
        await desk.press("escape")
    await desk.press("escape")


def says_what_is(desk: Desk) -> None:
    """The variants panel shows the recipe that is wanted."""
    wanted = desk.app.studio.state.wanted
    assert desk.variant("sampling").removeprefix("→ ") == setting(wanted.sampling)
    assert desk.variant("clipping") == setting(wanted.clipping)
    assert desk.variant("activation") == setting(wanted.activation)
    assert desk.variant("detach") == setting(wanted.detach)
    assert desk.variant("theta") == f"‹ {setting(wanted.theta)} ›"
    assert desk.variant("learning rate") == f"‹ {setting(wanted.lr)} ›"


def clicked(chance: random.Random, desk: Desk) -> list[events.MouseEvent]:
    """Press and release a button somewhere."""
    width, height = desk.app.size
    x, y = chance.randrange(width), chance.randrange(height)
    told: dict[str, Any] = {"x": x, "y": y, "screen_x": x, "screen_y": y, "delta_x": 0, "delta_y": 0, "button": 1}
    told |= {"shift": False, "meta": False, "ctrl": False}
    return [made(None, **told) for made in (events.MouseMove, events.MouseDown, events.MouseUp)]


@pytest.fixture(autouse=True)
def nobody_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A click may hit the key that quits."""

    async def stay(app: LyrictermApp) -> None:
        app.bell()

    monkeypatch.setattr(LyrictermApp, "action_quit", stay)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_storm_over_a_lab_that_listens(seed: int) -> None:
    chance = random.Random(seed)
    async with studio() as desk:
        for _blow in range(150):
            kind = chance.random()
            if kind < 0.6:
                desk.app.post_message(key_event(chance.choice(KEYS)))
            elif kind < 0.75:
                for event in clicked(chance, desk):
                    desk.app.post_message(event)
            elif kind < 0.8:
                desk.app.post_message(events.Paste(chance.choice(PASTES)))
            elif kind < 0.85:
                await desk.pilot.resize_terminal(*chance.choice(SIZES))
            else:
                await desk.hear(chance.choice(REPORTS))
            await desk.pilot.pause(0)
        await calm(desk)
        says_what_is(desk)
        await desk.hear(became(Activity.TRAINING), progress(recipe=desk.app.studio.state.wanted))
        says_what_is(desk)


async def test_a_storm_over_the_real_trainer(tmp_path: Path) -> None:
    chance = random.Random(3)
    # Without the settings: what is typed there at random could be a model too large for this machine.
    keys = [key for key in KEYS if key not in ("e", "ctrl+p")]
    async with training(small(tmp_path)) as desk:
        for _blow in range(100):
            desk.app.post_message(key_event(chance.choice(keys)))
            await desk.pilot.pause(0)
        await calm(desk)
        await desk.until(lambda: not desk.app.studio.state.asked)
        says_what_is(desk)
        lab = desk.app.lab
        assert isinstance(lab, Lab)
        trainer = lab._session._trainer
        assert trainer is not None
        assert desk.app.studio.state.wanted == trainer.recipe.with_values(trainer.pending)
