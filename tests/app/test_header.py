"""Corpus, device, progress and speed in the header's two lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyricterm.core.commands import StopReading
from lyricterm.core.events import Failed, Loading
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import FACTS, SMALLEST, USUAL, WIDE, became, progress, started, studio


async def test_everything_at_120_columns() -> None:
    async with studio(WIDE) as desk:
        first, second = desk.lines()[:2]
        assert "lyricterm  demo-zh · 20,000 characters · 1,447 distinct · rnn 256 · seed 0" in first
        assert first.rstrip().endswith("35,000 characters/s  cpu ×2")
        assert second.startswith("  training  epoch 88/200 ━")
        assert second.rstrip().endswith("━ 44 %  0:31 left")


async def test_what_fits_at_80_columns() -> None:
    async with studio(USUAL) as desk:
        first, second = desk.lines()[:2]
        assert "lyricterm  demo-zh · 20,000 characters " in first
        assert first.rstrip().endswith("35,000 characters/s  cpu ×2")
        assert second.startswith("  training  epoch 88/200 ━")
        assert second.rstrip().endswith("━ 44 %  0:31 left")


async def test_what_fits_at_40_columns() -> None:
    async with studio(SMALLEST) as desk:
        first, second = desk.lines()[:2]
        assert first.startswith(" lyricterm  demo-zh")
        assert second.startswith("  training  epoch 88/200 ")
        assert second.rstrip().endswith("44 %")


async def test_the_bar_is_as_full_as_the_run() -> None:
    async with studio(told=[started(), became(RunStatus.TRAINING)]) as desk:
        for epoch, percent in ((0, "0 %"), (50, "25 %"), (200, "100 %")):
            await desk.hear(progress(epoch=epoch, minibatch=0))
            bar = [style.color for char, style in desk.styles("#header") if char == "━"]
            done = bar.index(bar[-1]) if epoch < 200 else len(bar)
            assert done == pytest.approx(len(bar) * epoch / 200, abs=1)
            assert f" {percent} " in desk.lines()[1]


async def test_the_part_of_an_epoch_counts() -> None:
    async with studio(told=[started()]) as desk:
        await desk.hear(progress(recipe=Recipe(epochs=2), epoch=1, minibatch=10, minibatches=20))
        assert "epoch 2/2" in desk.lines()[1]
        assert " 75 %" in desk.lines()[1]


async def test_what_the_trainer_does_is_said() -> None:
    async with studio() as desk:
        for status in RunStatus:
            await desk.hear(became(status))
            assert desk.lines()[1].startswith(f"  {status.value}  ")


async def test_no_time_left_when_nothing_goes_on() -> None:
    async with studio() as desk:
        await desk.hear(became(RunStatus.PAUSED))
        assert "0:31 left" in desk.lines()[1]
        await desk.hear(became(RunStatus.FINISHED))
        assert "left" not in desk.lines()[1]


async def test_a_gpu_has_no_threads() -> None:
    gpu = replace(started(), facts=replace(FACTS, device="NVIDIA H100", threads=0))
    async with studio(told=[gpu, progress(threads=0)]) as desk:
        assert desk.lines()[0].rstrip().endswith("characters/s  NVIDIA H100")


async def test_a_long_corpus_name_leaves_the_line_whole() -> None:
    long = replace(started(), facts=replace(FACTS, corpus="我的歌词" * 40))
    async with studio(USUAL, told=[long, progress()]) as desk:
        assert "我的歌词" in desk.lines()[0]
        assert "epoch 88/200" in desk.lines()[1]


@pytest.mark.parametrize("size", [USUAL, SMALLEST])
async def test_a_long_path_leaves_room_for_what_the_trainer_does(size: tuple[int, int]) -> None:
    path = "/home/somebody/lyrics/" + "of many years/" * 9 + "所有的歌" * 20 + "\n\x1b[2J.txt"
    async with studio(size, told=(), recipe=Recipe(corpus=path)) as desk:
        assert desk.lines()[0].startswith(" lyricterm  所有的歌所有的歌")
        assert desk.lines()[1].startswith("  preparing  ")


async def test_the_corpus_of_a_run_that_could_not_begin() -> None:
    failed = Failed(0, "There is no file nowhere.txt.")
    async with studio(told=[became(RunStatus.FAILED), failed], recipe=Recipe(corpus="nowhere.txt")) as desk:
        assert "lyricterm  nowhere.txt" in desk.lines()[0]
        assert desk.lines()[1].startswith("  failed  ")


async def test_how_far_a_reading_is_and_that_escape_stops_it() -> None:
    async with studio(USUAL) as desk:
        await desk.hear(became(RunStatus.PREPARING), Loading(1, 34, 100))
        second = desk.lines()[1]
        assert second.startswith("  preparing  reading the text ━")
        assert second.rstrip().endswith("━ 34 %  Esc stops")
        await desk.press("escape")
        assert desk.sent == [StopReading()]
        await desk.hear(became(RunStatus.TRAINING))
        assert desk.lines()[1].startswith("  training  epoch 8")


async def test_the_key_that_stops_a_reading_is_whole_at_40_columns() -> None:
    async with studio(SMALLEST, told=[]) as desk:
        await desk.hear(became(RunStatus.PREPARING), Loading(1, 100, 100))
        assert desk.lines()[1].replace("━", "").split() == ["preparing", "100", "%", "Esc", "stops"]
