"""When a run ends by itself, and which weights it has then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lyricterm.core.commands import Change, Resume
from lyricterm.core.events import EpochDone, Event, Finished, Generated, Noticed
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.engine import checkpoint
from tests.training.lab import LINE, becomes, drive, of, tiny, when

STRANGE = LINE[::-1]
"""The same characters in another order: the better the model learns the text, the worse it does here."""


def overfits(folder: Path, **values: Any) -> Recipe:
    recipe = tiny(folder, **({"lr": 0.5, "epochs": 60, "batch": 8, "valid": "0.5"} | values))
    Path(recipe.corpus).write_text(LINE * 40 + STRANGE * 40, encoding="utf-8")
    return recipe


def notices(events: list[Event]) -> str:
    return " ".join(event.sentence for event in of(events, Noticed))


def test_it_is_finished_when_patience_runs_out(tmp_path: Path) -> None:
    events = drive(overfits(tmp_path, patience=5), stop_at_end=True)
    (finished,) = of(events, Finished)
    assert 5 < finished.epoch < 60
    assert f"No epoch was better than epoch {finished.epoch - 5} for 5 epochs" in notices(events)


def test_who_goes_on_waits_as_long_again(tmp_path: Path) -> None:
    finished = when(Finished)
    events = drive(overfits(tmp_path, patience=5), finished.send(Resume()), finished)
    first, second = (event.epoch for event in of(events, Finished))
    assert second == first + 5


def test_without_patience_all_epochs_are_trained(tmp_path: Path) -> None:
    (finished,) = of(drive(overfits(tmp_path, epochs=30), stop_at_end=True), Finished)
    assert finished.epoch == 30


def test_the_best_weights_are_those_that_are_saved(tmp_path: Path) -> None:
    last, best = tmp_path / "last.safetensors", tmp_path / "best.safetensors"
    for path, keep in ((last, "last"), (best, "best")):
        events = drive(overfits(tmp_path, keep=keep, epochs=30), stop_at_end=True, save=path)
        assert ("The weights are now those of the best epoch" in notices(events)) == (keep == "best")
    ours, theirs = checkpoint.load(best).standing, checkpoint.load(last).standing
    assert ours.best.weights is not None
    assert all(bool((now == then).all()) for now, then in zip(ours.weights, ours.best.weights, strict=True))
    assert not bool((ours.weights.W_hh == theirs.weights.W_hh).all())
    assert ours.best.epoch == theirs.best.epoch < 30


def test_both_can_be_asked_for_while_it_runs(tmp_path: Path) -> None:
    recipe = overfits(tmp_path, pred_period=1)
    third = when(Generated, epoch=3)
    events = drive(recipe, third.send(Change((("patience", 4), ("keep", "best")))), becomes(RunStatus.FINISHED))
    assert len(of(events, EpochDone)) < 60
