"""The exercises on the screen: chosen, played, left; the studio's own run waits meanwhile."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.style import Style

from lyricterm.app.exercise_page import heading
from lyricterm.app.exercise_thread import ExerciseProgress
from lyricterm.app.screens import exercises
from lyricterm.app.screens.exercise import ExerciseScreen
from lyricterm.app.screens.exercises import ExercisesScreen
from lyricterm.app.screens.export import ExportRequest, ExportScreen
from lyricterm.app.themes import THEMES
from lyricterm.core.commands import Pause, Resume
from lyricterm.core.i18n import translator
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.forecast import Outlook
from lyricterm.storage.run_store import Store
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, FakeLab, became, key_event, studio
from tests.app.real import doing, small, training
from tests.exercises.results import waiting

PLACES = list(EXERCISES)
SIZES = [WIDE, USUAL, (200, 60), SMALLEST]


def playing(desk: Desk) -> ExerciseScreen:
    assert isinstance(desk.app.screen, ExerciseScreen)
    return desk.app.screen


async def play(desk: Desk, name: str) -> None:
    """Open the list and play an exercise."""
    await desk.press("x")
    await desk.press(*["down"] * PLACES.index(name), "1")
    await desk.until(lambda: isinstance(desk.app.screen, ExerciseScreen))
    await desk.settle()


async def done(desk: Desk) -> None:
    await desk.until(lambda: desk.lines()[0].rstrip().endswith("· done"), 120)
    await desk.settle()


def stop(desk: Desk) -> None:
    """The thread of the exercise ends with its screen."""
    screen = playing(desk)
    assert screen._run is not None
    screen._run.stop()
    assert screen._run.wait(10)


@asynccontextmanager
async def playground(
    folder: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int] = WIDE,
    epochs: int = 4,
    **changes: Any,
) -> AsyncIterator[Desk]:
    """A studio with a lab that only listens, over which an exercise is really played."""
    monkeypatch.setitem(EXERCISES, name, replace(EXERCISES[name], epochs=epochs))
    async with studio(size, recipe=small(folder, **changes), told=[became(RunStatus.PAUSED)]) as desk:
        await play(desk, name)
        yield desk
        if desk.app.is_running and isinstance(desk.app.screen, ExerciseScreen):
            stop(desk)


async def test_the_list_opens_and_closes() -> None:
    async with studio(USUAL) as desk:
        await desk.press("x")
        assert isinstance(desk.app.screen, ExercisesScreen)
        text = desk.text()
        assert "random or consecutive sampling · 2 runs of 60 epochs, with 3 seeds" in text
        assert "What happens to tanh and to ReLU when the gradient is not clipped?" in text
        assert "lyrics after every epoch · 1 run of 100 epochs, with 3 seeds" in text
        assert desk.subtitle("#exercises") == "Enter plays · Esc goes back"
        await desk.press("escape")
        assert desk.app.screen_stack == [desk.app.studio]
        # The studio's run waits meanwhile.
        assert set(desk.sent[:-1]) == {Pause()}
        assert desk.sent[-1] == Resume()


@pytest.mark.slow
async def test_the_list_in_every_size() -> None:
    async with studio(USUAL) as desk:
        await desk.press("x")
        for size in (*SIZES, (39, 12), (1, 1), (2, 30), (5, 5), (300, 2), (40, 12), USUAL):
            await desk.resize(*size)
            assert len(desk.lines()) == size[1]
            told = " ".join(desk.text().split())
            if size[0] >= 40 and size[1] >= 12:
                assert "random or consecutive sampling" in told
            elif size == (39, 12):
                assert "lyricterm needs 40×12" in told


async def test_it_opens_from_the_palette_too() -> None:
    async with studio(USUAL) as desk:
        await desk.choose("Exercises")
        assert isinstance(desk.app.screen, ExercisesScreen)


async def test_keys_of_the_studio_do_nothing_in_the_list() -> None:
    async with studio(USUAL) as desk:
        await desk.press("x", "s", "c", "r", "space")
        assert set(desk.sent) == {Pause()}


@pytest.mark.slow
async def test_clipping_is_played_to_its_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"hidden": 64, "steps": 35, "batch": 1, "lr": 20.0}
    async with playground(tmp_path, "clipping", monkeypatch, WIDE, epochs=4, **changes) as desk:
        await done(desk)
        results = playing(desk)._progress.results
        diverged = results[3].diverged
        assert diverged is not None
        verdict = playing(desk)._progress.verdict
        assert verdict is not None
        for size in SIZES:
            await desk.resize(*size)
            await desk.until(lambda: verdict.conclusion.split()[0] in desk.text())
            if size == (200, 60):
                assert f"overflow: epoch {diverged.epoch}, minibatch {diverged.minibatch}" in desk.text()
            if size in (WIDE, (200, 60)):
                assert desk.title("#plot") == "gradient norm, log scale, over minibatches"
                assert desk.title("#other-plot") == "perplexity, log scale, over epochs"
                assert "1 tanh clipped" in desk.text()
            lines = desk.lines()
            assert len(lines) == size[1]
            assert "leave" in lines[-1]
            assert "no clipping · done" in lines[0]


def lyrics(desk: Desk) -> str:
    """What stands beside the figures, in one line."""
    return " ".join("".join(desk.panel("#lyrics")).split())


@pytest.mark.slow
async def test_the_slider_travels_through_the_lyrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "pred-period", monkeypatch, epochs=9, hidden=32) as desk:
        await done(desk)
        (result,) = playing(desk)._progress.results
        written = {sample.epoch: sample.text for sample in result.samples}
        perplexity = {epoch.epoch: epoch.perplexity for epoch in result.epochs}
        assert desk.panel("#slider")[0].strip().startswith("epoch 9")
        for keys, epoch in (
            ((), 9),
            (("left",), 8),
            (("left", "left"), 6),
            (("home",), 1),
            (("right",), 2),
            (("end",), 9),
        ):
            await desk.press(*keys)
            line = desk.panel("#slider")[0]
            assert f"epoch {epoch}" in line
            assert f"perplexity {perplexity[epoch]:.1f}"[:14] in line
            await desk.until(lambda epoch=epoch: f"epoch {epoch} · perplexity" in lyrics(desk))  # type: ignore[misc]
            assert f"春天{written[epoch].strip()}".split()[0] in lyrics(desk)
        await desk.press("left", "left", "left", "left", "left", "left", "left", "left", "left", "left", "left")
        assert "epoch 1 " in desk.panel("#slider")[0]


async def test_the_slider_moves_by_mouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "pred-period", monkeypatch, epochs=9) as desk:
        await done(desk)
        line = desk.panel("#slider")[0]
        await desk.click("#slider", line.index("━"))
        assert "epoch 1 " in desk.panel("#slider")[0]
        await desk.click("#slider", line.index("●"))
        assert "epoch 9 " in desk.panel("#slider")[0]
        await desk.click("#slider", (line.index("━") + line.index("●")) // 2)
        assert "epoch 5 " in desk.panel("#slider")[0]


async def test_the_other_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "detach", monkeypatch, USUAL) as desk:
        await done(desk)
        assert desk.title("#plot") == "milliseconds per minibatch, over minibatches"
        assert "tab other plot" in desk.lines()[-1]
        await desk.press("tab")
        assert desk.title("#plot") == "perplexity, log scale, over epochs"
        await desk.press("tab")
        assert desk.title("#plot") == "milliseconds per minibatch, over minibatches"


async def test_a_key_that_would_do_nothing_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "sampling", monkeypatch) as desk:
        await done(desk)
        assert "other plot" not in desk.lines()[-1]


async def test_a_failure_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "sampling", monkeypatch, corpus="/nowhere.txt") as desk:
        await done(desk)
        text = " ".join(desk.text().split())
        assert text.count("There is no file /nowhere.txt") == 1
        assert "Traceback" not in text
        await desk.press("escape", "escape")
        assert desk.app.screen is desk.app.studio


async def test_a_verdict_is_exported_copied_and_marked_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with playground(tmp_path, "sampling", monkeypatch, epochs=2) as desk:
        await done(desk)
        assert "A quick look: one seed, so any difference may be chance." in " ".join(desk.text().split())
        verdict = playing(desk)._progress.verdict
        assert verdict is not None
        assert playing(desk).copyable().startswith(verdict.conclusion)
        results = playing(desk)._progress.results
        for kind, name in (("report", "told.html"), ("curves-csv", "told.csv"), ("samples-json", "told.jsonl")):
            await desk.press("w")
            await desk.until(lambda: isinstance(desk.app.screen, ExportScreen))
            await desk.until(lambda: bool(desk.app.screen.query("#told")))
            await desk.until(lambda: "in " in "".join(desk.panel("#told")))
            desk.app.screen.dismiss(ExportRequest(kind, name))
            await desk.until(lambda name=name: (tmp_path / name).exists())  # type: ignore[misc]
        assert verdict.conclusion in unescape((tmp_path / "told.html").read_text(encoding="utf-8"))
        with (tmp_path / "told.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [(row["run"], row["seed"], row["epoch"]) for row in rows] == [
            (run, "0", str(epoch)) for run in ("random", "consecutive") for epoch in (1, 2)
        ]
        assert [float(row["perplexity"]) for row in rows] == [e.perplexity for r in results for e in r.epochs]
        lyrics = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [row["text"] for row in lyrics] == [sample.text for result in results for sample in result.samples]
        await desk.press("escape")
        await desk.until(lambda: "✓ quick look" in desk.text())


async def test_the_time_an_exercise_takes_is_measured_before_it_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercises, "estimate", lambda exercise, recipe, is_stopped: 100.0 + len(exercise.name))
    async with studio(USUAL, recipe=small(tmp_path), told=[became(RunStatus.PAUSED)]) as desk:
        await desk.press("x")
        await desk.until(lambda: "about 5 min with 3 seeds, 2 min for a quick look" in " ".join(desk.text().split()))


async def test_the_runs_are_kept_unless_that_is_not_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXERCISES, "sampling", replace(EXERCISES["sampling"], epochs=1))
    async with studio(WIDE, recipe=small(tmp_path), told=[became(RunStatus.PAUSED)]) as desk:
        await desk.press("x", "k")
        assert "The runs are not saved; k saves them." in desk.text()
        await desk.press("k")
        assert "The runs are saved" in desk.text()
        await desk.press("1")
        await desk.until(lambda: isinstance(desk.app.screen, ExerciseScreen))
        await done(desk)
    assert {info.name for info in Store().runs()} == {"sampling-random-0", "sampling-consecutive-0"}


def test_how_far_it_is_stands_in_the_title(tmp_path: Path) -> None:
    runs = waiting("sampling", small(tmp_path), seeds=3)
    results = (replace(runs[0], status=RunStatus.TRAINING, done=3.0), *runs[1:])
    progress = ExerciseProgress(results, outlook=Outlook(0.42, 125.0))

    def line(width: int) -> str:
        return heading(EXERCISES["sampling"], progress, width, lambda _name: Style()).plain

    assert line(120).endswith(" 42 %  2:05 left")
    assert line(120).count("━") == 37
    # Where there is less room, first the bar goes, then the time.
    assert line(80).endswith(" 42 %")
    assert line(10).startswith("random or consecutive sampling · training random, seed 0 (1 of 6)")


async def test_leaving_stops_it_and_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "sampling", monkeypatch, epochs=1_000_000) as desk:
        await desk.until(lambda: "training random, seed 0 (1 of 2)" in desk.lines()[0])
        screen = playing(desk)
        await desk.press("escape")
        assert isinstance(desk.app.screen, ExercisesScreen)
        assert screen._run is not None
        assert screen._run.wait(10)


async def test_leaving_lyricterm_from_an_exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "sampling", monkeypatch, epochs=1_000_000) as desk:
        screen = playing(desk)
        desk.app.post_message(key_event("ctrl+q"))
        await desk.until(lambda: not desk.app.is_running)
        assert isinstance(desk.app.lab, FakeLab)
        assert desk.app.lab.stopped
    assert screen._run is not None
    assert screen._run.wait(10)


async def test_a_run_that_trains_is_paused_and_goes_on_afterwards(tmp_path: Path) -> None:
    async with studio(USUAL, recipe=small(tmp_path)) as desk:
        await play(desk, "sampling")
        assert Pause() in desk.sent
        assert Resume() not in desk.sent
        stop(desk)
        await desk.hear(became(RunStatus.PAUSED))
        await desk.press("escape", "escape")
        assert desk.sent[-1] == Resume()


async def test_a_run_that_was_paused_stays_so(tmp_path: Path) -> None:
    async with studio(USUAL, recipe=small(tmp_path), told=[became(RunStatus.PAUSED)]) as desk:
        await play(desk, "sampling")
        stop(desk)
        await desk.press("escape", "escape")
        assert desk.sent == []


async def test_a_run_that_begins_to_train_later_is_paused_as_well(tmp_path: Path) -> None:
    async with studio(USUAL, recipe=small(tmp_path), told=[]) as desk:
        await play(desk, "sampling")
        assert desk.sent == []
        await desk.hear(became(RunStatus.TRAINING))
        await desk.until(lambda: Pause() in desk.sent)
        stop(desk)
        await desk.press("escape", "escape")
        assert desk.sent[-1] == Resume()


async def test_with_the_real_trainer_the_run_stands_still_and_goes_on(tmp_path: Path) -> None:
    async with training(small(tmp_path)) as desk:
        await play(desk, "sampling")
        await desk.until(lambda: desk.app.studio.state.status is RunStatus.PAUSED)
        before = desk.app.studio.state.progress
        await desk.until(lambda: "training" in desk.lines()[0] or "done" in desk.lines()[0])
        assert desk.app.studio.state.progress is before or desk.app.studio.state.status is RunStatus.PAUSED
        stop(desk)
        await desk.press("escape", "escape")
        await desk.until(lambda: doing(desk) == "training")


async def test_too_small_a_terminal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "sampling", monkeypatch, USUAL) as desk:
        await done(desk)
        await desk.resize(39, 12)
        assert "lyricterm needs 40×12" in " ".join(desk.text().split())
        for size in ((1, 1), (5, 5), (300, 2), USUAL):
            await desk.resize(*size)
            await desk.press("left", "tab")
        assert "sampling · done" in desk.lines()[0]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str, language: str) -> None:
    async with playground(tmp_path, "activation", monkeypatch) as desk:
        await desk.until(lambda: playing(desk)._progress.ended)
        desk.app.action_theme(theme)
        desk.app.action_language(language)
        await desk.settle()
        assert all(cell_len(line) == 120 for line in desk.lines())
        assert translator.language == language


async def test_offers_of_the_palette_are_those_of_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playground(tmp_path, "pred-period", monkeypatch, epochs=3) as desk:
        await done(desk)
        await desk.choose("First lyrics")
        assert "epoch 1 " in desk.panel("#slider")[0]
        await desk.choose("Leave the exercise")
        assert isinstance(desk.app.screen, ExercisesScreen)


def test_an_exercise_starts_from_the_recipe_as_it_will_be() -> None:
    assert EXERCISES["sampling"].base(Recipe(hidden=9)).hidden == 9
