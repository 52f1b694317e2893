"""Runs that are kept on disk, as the lab shows them: what is offered, what cannot be saved, and what goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lyricterm.app.screens import studio as studio_screen
from lyricterm.core.commands import Change, Open, Resume
from lyricterm.core.events import Diverged, ResumeOffered, RunSaved, SamplesRestored, SaveFailed
from lyricterm.core.run_data import Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_names import spoken
from lyricterm.storage.run_store import Store
from lyricterm.training.run_storage import RunStorage
from tests.app.desk import SMALLEST, TRAINING, USUAL, WIDE, became, progress, started, studio
from tests.app.real import doing, epoch, small, training
from tests.app.test_notices import DIVERGED, notice
from tests.training.lab import LINE

OFFER = ResumeOffered(0, "20261123-110000", Recipe(sampling="consecutive"), 87, 10.1, 0.0)
UNKEPT = SaveFailed(1, "The run cannot be saved (No space left on device: /full).")


@pytest.mark.parametrize("size", [WIDE, USUAL, SMALLEST])
async def test_an_unfinished_run_is_offered_and_opened(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.hear(OFFER)
        told = notice(desk)
        if size == SMALLEST:
            assert told == "Unfinished run: o open, Esc close"
        else:
            assert "(consecutive, tanh, epoch 87/200, perplexity 10.1)" in told
            assert told.endswith("Press o to go on with it, Esc to close this.")
        await desk.press("o")
        assert desk.sent == [Open(OFFER.name)]
        await desk.hear(started(run=2))
        assert notice(desk) == ""


async def test_the_time_of_an_offer() -> None:
    async with studio(WIDE) as desk:
        await desk.hear(OFFER)
        assert notice(desk).startswith(f"The run {spoken(OFFER.name)} of 1970-01-0")
        today = ResumeOffered(0, "x", Recipe(), 1, 2.0, time.time(), "my best")
        await desk.hear(today)
        assert notice(desk).startswith(f"The run my best of {time.strftime('%H:', time.localtime(today.updated))}")


async def test_an_offer_is_not_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_screen, "OFFER_SECONDS", 0.01)
    async with studio() as desk:
        await desk.hear(OFFER)
        await desk.until(lambda: notice(desk) == "")
        await desk.press("o")
        assert desk.sent == []
        assert "No unfinished run is offered" in desk.text()


@pytest.mark.parametrize("close", ["escape", "click", "c", "]", "r"])
async def test_an_offer_can_be_closed(close: str) -> None:
    async with studio() as desk:
        await desk.hear(OFFER)
        assert notice(desk)
        if close == "click":
            await desk.click("#notice", 5)
        else:
            await desk.press(close)
        assert notice(desk) == ""
        before = len(desk.sent)
        await desk.press("o")
        assert len(desk.sent) == before


async def test_escape_leaves_the_prompt_before_it_closes_an_offer() -> None:
    async with studio() as desk:
        await desk.hear(OFFER)
        await desk.press("/", "escape")
        assert notice(desk)
        await desk.press("escape")
        assert notice(desk) == ""


async def test_what_cannot_be_saved_stays_on_the_screen_until_it_can() -> None:
    async with studio() as desk:
        await desk.hear(*TRAINING, UNKEPT)
        assert notice(desk) == UNKEPT.sentence
        await desk.hear(progress(), became(RunStatus.PAUSED))
        assert notice(desk) == UNKEPT.sentence
        await desk.hear(RunSaved(1, "20261123-110000", 87, 5))
        assert notice(desk) == ""


async def test_a_divergence_and_a_full_disk_are_both_told() -> None:
    async with studio() as desk:
        await desk.hear(*TRAINING, UNKEPT, *DIVERGED)
        assert "Diverged in epoch 88" in notice(desk)
        assert notice(desk).endswith(UNKEPT.sentence)


async def test_one_key_goes_back_and_on_with_clipping() -> None:
    async with studio() as desk:
        await desk.hear(*TRAINING)
        await desk.press("b")
        assert desk.sent == []
        assert "The run has not diverged" in desk.text()
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 88, 6, "loss"))
        await desk.press("b")
        assert desk.sent == [Change((("clipping", True),)), Resume()]


async def test_lyrics_of_before_are_shown_again() -> None:
    async with studio() as desk:
        await desk.hear(started(), SamplesRestored(1, (Sample(50, 49.4, "分开", "你我在身边"),)))
        log = "\n".join(desk.panel("#log"))
        assert "epoch 50" in log
        assert "你我在身边" in log


async def test_the_real_lab_goes_on_with_the_run_that_was_left(tmp_path: Path) -> None:
    storage = RunStorage(Store())
    recipe = small(tmp_path, pred_period=10)
    async with training(recipe, storage=storage) as desk:
        await desk.until(lambda: epoch(desk) > 3 and "春天" in desk.lyrics())
    (left,) = Store().runs()
    assert (left.status, left.running) == (RunStatus.INTERRUPTED, False)
    async with training(replace(recipe, seed=1), storage=storage) as desk:
        await desk.until(lambda: "Press o to go on" in notice(desk))
        await desk.press("o")
        await desk.until(lambda: f"goes on from epoch {left.epoch}" in desk.lyrics())
        await desk.until(lambda: f"epoch {10 * (left.epoch // 10 + 1)} " in desk.lyrics())
        await desk.until(lambda: epoch(desk) > left.epoch)
        assert desk.app.studio.state.trains.seed == 0
        assert doing(desk) == "training"


async def test_the_real_lab_recovers_from_a_divergence_with_one_key(tmp_path: Path) -> None:
    text = tmp_path / "line.txt"
    text.write_text(LINE * 8, encoding="utf-8")
    axes: dict[str, Any] = {"activation": "relu", "lr": 2.0, "hidden": 64, "steps": 35, "batch": 1}
    wild = small(tmp_path, corpus=str(text), clipping=False, **axes)
    async with training(wild, begun=False, storage=RunStorage(Store())) as desk:
        await desk.until(lambda: "Diverged in" in notice(desk))
        await desk.until(lambda: Store().runs()[0].status is RunStatus.DIVERGED)
        await desk.press("b")
        await desk.until(lambda: doing(desk) == "training" and "Diverged in" not in notice(desk))
        assert desk.app.studio.state.trains.clipping


async def test_an_offer_waits_until_nothing_presses() -> None:
    async with studio(USUAL) as desk:
        await desk.hear(OFFER, *DIVERGED)
        assert "Press o" not in notice(desk)
        await desk.hear(became(RunStatus.TRAINING), progress())
        assert notice(desk).endswith("Press o to go on with it, Esc to close this.")
