"""Whole screens as pictures. After a wanted change of looks: pytest tests/app/test_snapshots.py --snapshot-update."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.pilot import Pilot
from textual.widgets import Input

from lyricterm.app.app import LyrictermApp
from lyricterm.app.messages import wrap
from lyricterm.core.events import Diverged, Event
from lyricterm.core.i18n import translator
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import (
    TRAINING,
    USUAL,
    WIDE,
    Desk,
    FakeLab,
    became,
    completed,
    mark,
    progress,
    sampled,
    series,
    started,
)

SnapCompare = Callable[..., bool]

FALLING = [7.2, 6.1, 5.6, 5.2, 4.9, 4.4, 4.1, 3.9, 3.4, 3.1, 2.9, 2.7, 2.5, 2.4, 2.31]
RUN: tuple[Event, ...] = (
    started(),
    became(RunStatus.TRAINING),
    progress(
        loss=series(*FALLING),
        perplexity=series(1320.0, 610.0, 300.0, 140.0, 73.7, 49.0, 21.0, 10.1),
        grad_norm=series(3.1, 8.0, 15.0, 40.0, 90.0, 180.0, 420.0, 700.0, 1240.0),
        marks=(mark("clipping", True, False, epoch=20, minibatch=4), mark("activation", "tanh", "relu", minibatch=9)),
    ),
    sampled(50, "分开", " 你在我身边有的话说天空有你在我身边的话说"),
    sampled(50, "不分开", " 想要你在天空有的话说我身边"),
)


def picture(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    told: Iterable[Event] = RUN,
    *,
    theme: str = "dark",
    press: str = "",
    then: Iterable[Event] = (),
) -> bool:
    """Compare the screen after some events and keys with its picture."""
    app = LyrictermApp(Recipe(), make_lab=FakeLab, theme=theme)

    async def before(pilot: Pilot[None]) -> None:
        desk = Desk(app, pilot)
        await desk.begun()
        await desk.hear(*told)
        await desk.press(*press)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        for event in then:
            app.post_message(wrap(event))
        await desk.settle()
        await desk.settle()

    return snap_compare(app, terminal_size=size, run_before=before)


def test_training_at_120_columns(snap_compare: SnapCompare) -> None:
    answer = completed("分", "开你我在身边有的话说天空")
    assert picture(snap_compare, WIDE, press="s/分", then=[answer])


def test_diverged_at_80_columns(snap_compare: SnapCompare) -> None:
    diverged = (became(RunStatus.DIVERGED), Diverged(1, 88, 6, "loss"))
    overflow = progress(loss=series(*FALLING, float("inf")), grad_norm=series(3.0, 9e9, float("inf")))
    assert picture(snap_compare, USUAL, [*RUN, overflow, *diverged])


def test_settings_at_80_columns(snap_compare: SnapCompare) -> None:
    assert picture(snap_compare, USUAL, press="e")


def test_help_at_80_columns(snap_compare: SnapCompare) -> None:
    assert picture(snap_compare, USUAL, TRAINING, press="?")


def test_training_in_chinese_and_light_at_80_columns(snap_compare: SnapCompare) -> None:
    translator.use("zh")
    assert picture(snap_compare, USUAL, theme="light")
