"""When a run ends by itself, and which weights it has then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.commands import Change, Resume
from lyricterm.core.errors import RecipeError
from lyricterm.core.events import EpochDone, Event, Finished, Generated, Noticed
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.engine import checkpoint
from lyricterm.storage.run_store import Store
from lyricterm.training.resume import fresh, reopen
from tests.training.lab import LINE, becomes, drive, of, tiny, when

STRANGE = LINE[::-1]
"""The same characters in another order: the better the model learns the text, the worse it does here."""


def overfits(folder: Path, **values: Any) -> Recipe:
    recipe = tiny(folder, **({"lr": 0.5, "epochs": 60, "batch": 8, "valid": "0.5"} | values))
    Path(recipe.corpus).write_text(LINE * 40 + STRANGE * 40, encoding="utf-8")
    return recipe


def notices(events: list[Event]) -> str:
    return " ".join(event.sentence for event in of(events, Noticed))


@dataclass(frozen=True)
class EpochFigures:
    """What an epoch computed."""

    epoch: int
    training: float
    held_out: float


def metrics_of(events: list[Event]) -> list[EpochFigures]:
    """Of every epoch that was trained."""
    done = (event.metrics for event in of(events, EpochDone))
    return [EpochFigures(each.epoch, each.loss, each.valid_loss) for each in done]


def test_it_is_finished_when_patience_runs_out(tmp_path: Path) -> None:
    events = drive(overfits(tmp_path, patience=5), stop_at_end=True)
    (finished,) = of(events, Finished)
    assert 5 < finished.epoch < 60
    assert f"No epoch was better than epoch {finished.epoch - 5} on the held-out text for 5 epochs" in notices(events)


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
        assert ("The weights are now those of epoch" in notices(events)) == (keep == "best")
        assert ("the best on the held-out text." in notices(events)) == (keep == "best")
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


def test_where_nothing_is_held_out_the_training_text_judges_and_that_is_said(tmp_path: Path) -> None:
    recipe = overfits(tmp_path, valid="0", patience=3, keep="best", lr=50.0, epochs=40)
    told = notices(drive(recipe, stop_at_end=True))
    assert "on the training text (nothing is held out) for 3 epochs" in told
    assert "the best on the training text (nothing is held out)." in told


@pytest.mark.parametrize(
    ("text", "valid", "told"),
    [
        (LINE * 40, "0.01", "--valid 0.2, or --valid 0"),
        (LINE * 12, "0.1", "take a longer text, or --valid 0"),
        # All that could be held out is unknown to the rest.
        (LINE * 40 + "".join(map(chr, range(0x4E00, 0x4E00 + 40 * len(LINE)))), "0.1", "take a longer text"),
    ],
)
def test_a_fraction_that_holds_out_too_little_is_refused_with_one_that_does(
    tmp_path: Path, text: str, valid: str, told: str
) -> None:
    recipe = tiny(tmp_path, valid=valid)
    Path(recipe.corpus).write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"^held out \(--valid\) .* leaves too little of this text") as caught:
        fresh(recipe)
    assert told in str(caught.value)


def test_what_is_suggested_is_enough(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, valid="0.01")
    Path(recipe.corpus).write_text(LINE * 40, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        fresh(recipe)
    enough = str(caught.value).split("give --valid ")[1].split(",")[0]
    trainer = fresh(recipe.with_values({"valid": enough})).trainer
    assert trainer.validation.characters > 0


@pytest.mark.parametrize("saved", [False, True])
def test_a_run_with_the_best_weights_goes_on_from_its_last_epoch(tmp_path: Path, saved: bool) -> None:
    """What it shows and writes is the best epoch's, but its curve goes on as if it had never stopped."""
    recipe = overfits(tmp_path, keep="best", epochs=20, optimizer="momentum", lr=0.05)
    whole = metrics_of(drive(recipe.with_values({"epochs": 24}), stop_at_end=True))
    if saved:
        path = tmp_path / "run.safetensors"
        first = drive(recipe, stop_at_end=True, save=path)
        later, prepare = reopen(str(path), Store(tmp_path / "runs"), {"epochs": 24})
        second = drive(later, prepare=prepare, stop_at_end=True)
    else:
        finished = when(Finished)
        first = drive(recipe, finished.send(Change((("epochs", 24),)), Resume()), finished)
        second = first
    assert "The weights are now those of epoch" in notices(first)
    assert "Training goes on from the weights of epoch 20, the last one trained" in notices(second)
    assert whole[-1].epoch == 24
    assert metrics_of(second)[-4:] == whole[-4:]


def test_a_run_that_ran_out_of_patience_waits_as_long_again_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    (finished,) = of(drive(overfits(tmp_path, patience=5), stop_at_end=True, save=path), Finished)
    recipe, prepare = reopen(str(path), Store(tmp_path / "runs"), {})
    (again,) = of(drive(recipe, prepare=prepare, stop_at_end=True), Finished)
    assert again.epoch == finished.epoch + 5


def test_a_run_that_is_stopped_while_it_waits_goes_on_waiting_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    (finished,) = of(drive(overfits(tmp_path, patience=5), stop_at_end=True), Finished)
    drive(overfits(tmp_path, patience=5, epochs=finished.epoch - 2), stop_at_end=True, save=path)
    recipe, prepare = reopen(str(path), Store(tmp_path / "runs"), {"epochs": 60})
    (again,) = of(drive(recipe, prepare=prepare, stop_at_end=True), Finished)
    assert again.epoch == finished.epoch
