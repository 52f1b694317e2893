"""The lab attached to a run that another program trains."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from lyricterm.app.app import LyrictermApp
from lyricterm.app.watch_thread import WatchThread
from lyricterm.app.widgets.settings_panel import SettingRow
from lyricterm.core.events import Watched
from lyricterm.storage.run_store import RunInfo, Store
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session
from lyricterm.training.watched_run import WatchedRun
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, studio
from tests.app.real import PATIENCE, small


@asynccontextmanager
async def watching(store: Store, info: RunInfo, size: tuple[int, int] = WIDE) -> AsyncIterator[Desk]:
    """The app over a run on disk."""
    app = LyrictermApp(info.recipe, make_lab=partial(WatchThread, run=WatchedRun(store, info)))
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: "watching" in desk.lines()[1])
        yield desk
    assert app.lab.stop(PATIENCE)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Store, RunInfo]:
    """A run of 3 epochs, and where it lies."""
    store = Store(tmp_path / "runs")
    Session(small(tmp_path, epochs=3), lambda event: None, stop_at_end=True, storage=RunStorage(store)).run()
    return store, store.find("last")


async def test_a_watched_run_is_shown_completes_and_refuses_to_be_changed(kept: tuple[Store, RunInfo]) -> None:
    async with watching(*kept) as desk:
        assert "finished  epoch 3/3" in desk.lines()[1]
        assert "watching · nobody trains it now" in desk.lines()[1]
        # Nothing is offered that would change the run.
        assert "more epochs" not in desk.text()
        assert {"restart", "exercises", "texts", "sampling"}.isdisjoint(desk.lines()[-1].split())
        assert {"compare", "inside", "prompt"} <= set(desk.lines()[-1].split())
        panel = _panel(desk)
        assert [line.split()[0] for line in panel[:6]] == [
            "sampling",
            "clipping",
            "theta",
            "activation",
            "detach",
            "lr",
        ]
        assert not any("‹" in line for line in panel)
        await desk.press("c")
        await desk.until(lambda: "You are watching this run" in desk.text())
        await desk.press("slash")
        await desk.type("春天")
        await desk.until(lambda: desk.app.studio.state.completion is not None)
        completion = desk.app.studio.state.completion
        assert completion is not None
        assert (completion.typed, completion.epoch, len(completion.text) > 0) == ("春天", 3, True)


def _panel(desk: Desk) -> list[str]:
    """What the rows of the settings panel show."""
    return [row.render().plain.strip() for row in desk.app.studio.query(SettingRow)]


async def test_in_a_small_terminal_no_key_stands_before_the_settings_either(kept: tuple[Store, RunInfo]) -> None:
    async with watching(*kept, size=(60, 15)) as desk:
        (line,) = (line for line in desk.lines() if "tanh" in line)
        assert line.split() == ["random", "consecutive", "clip", "θ", "5", "off", "tanh", "ReLU", "lr", "0.2"]


async def test_how_fresh_it_is_fits_every_size() -> None:
    for size in (WIDE, USUAL, SMALLEST):
        async with studio(size) as desk:
            await desk.hear(Watched(1, "watching · new 0:03 ago"))
            line = desk.lines()[1]
            assert len(line.rstrip()) <= size[0]
            assert "watching" in line or size == SMALLEST
