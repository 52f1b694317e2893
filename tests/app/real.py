"""The app over the real trainer's thread, on a text so short that an epoch takes a moment."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lyricterm.app.app import LyrictermApp
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.settings import Recipe
from lyricterm.training.run_storage import RunStorage
from tests.app.desk import WIDE, Desk

# No blanks, so that a completion of blanks cannot look like none.
LYRICS = (
    "春天的风吹过山坡你在河边唱着歌夏天的雨落在窗台我在灯下写着字"
    "秋天的叶铺满小路你说明天再回来冬天的雪盖住屋顶我把名字写在门外"
) * 7

PATIENCE = 10
"""Seconds that a thread may take to end; it takes far less."""


def small(folder: Path, **changes: Any) -> Recipe:
    """A recipe that trains in no time and goes on for long."""
    path = folder / "small.txt"
    path.write_text(LYRICS, encoding="utf-8")
    told: dict[str, Any] = {
        "corpus": str(path),
        "hidden": 8,
        "batch": 2,
        "steps": 5,
        "epochs": 1_000_000,
        "pred_period": 1,
        "pred_len": 10,
        "prefixes": ("春天",),
        "device": "cpu",
        "threads": "1",
    }
    return Recipe(**(told | changes))


@asynccontextmanager
async def training(
    recipe: Recipe,
    *,
    paused: bool = False,
    size: tuple[int, int] = WIDE,
    begun: bool = True,
    storage: RunStorage | None = None,
) -> AsyncIterator[Desk]:
    """The app, training; its thread has ended afterwards."""
    app = LyrictermApp(recipe, paused=paused, make_lab=partial(TrainerThread, storage=storage))
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        if begun:
            await desk.until(lambda: "epoch " in desk.lines()[1])
        yield desk
    assert app.lab.stop(PATIENCE)


def epoch(desk: Desk) -> int:
    """The epochs done, as the header says."""
    found = re.search(r"epoch ([0-9,]+)/", desk.lines()[1])
    return int(found[1].replace(",", "")) if found else -1


def doing(desk: Desk) -> str:
    """What the trainer does, as the header says."""
    return desk.lines()[1].split()[0]
