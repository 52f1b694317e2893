"""A run that ends worse than it was: the best epoch's weights are beside the last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lyricterm.core.commands import Change, Quit
from lyricterm.core.errors import RunError
from lyricterm.core.events import EpochDone, Event, Finished, Generated, Started
from lyricterm.engine import checkpoint
from lyricterm.engine.checkpoint import Checkpoint
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.storage.run_weights import weights_of
from lyricterm.training.resume import reopen
from lyricterm.training.run_storage import RunStorage
from tests.training.lab import drive, losses, of, tiny, when

NEVER = 10_000.0
SPOILT = Change((("lr", 3.0), ("theta", 100.0)))
"""What makes a good model worse, and leaves it finite."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def spoilt(tmp_path: Path, store: Store, interval: float = NEVER, **values: Any) -> tuple[RunInfo, list[Event]]:
    """A run of 12 epochs that is spoilt after the tenth."""
    events = drive(
        tiny(tmp_path, epochs=12, **values),
        when(EpochDone, epoch=10).send(SPOILT),
        stop_at_end=True,
        storage=RunStorage(store, interval),
    )
    (info,) = store.runs()
    assert info.perplexity > 1.05 * info.best
    return info, events


def read(info: RunInfo, *, best: bool) -> Checkpoint:
    path = weights_of(info, best=best)
    assert path is not None
    return checkpoint.load(path)


@pytest.mark.parametrize("interval", [NEVER, 0.0], ids=["saved at the end only", "saved all the time"])
def test_both_are_kept(tmp_path: Path, store: Store, interval: float) -> None:
    info, events = spoilt(tmp_path, store, interval)
    best, last = read(info, best=True), read(info, best=False)
    assert (best.epoch, best.minibatch, last.epoch) == (10, 0, 12)
    straight = Store(tmp_path / "straight")
    drive(tiny(tmp_path, epochs=10), stop_at_end=True, storage=RunStorage(straight, NEVER))
    wanted = read(straight.runs()[0], best=False).standing.weights
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(best.standing.weights, wanted, strict=True))
    (finished,) = of(events, Finished)
    assert (finished.best, finished.perplexity) == (info.best, info.perplexity)


def test_a_run_that_gets_better_all_the_time_has_one_checkpoint(tmp_path: Path, store: Store) -> None:
    drive(tiny(tmp_path), stop_at_end=True, storage=RunStorage(store, NEVER))
    (info,) = store.runs()
    assert not RunFolder(info.folder).best_file.exists()
    assert weights_of(info, best=True) == info.checkpoint


@pytest.mark.parametrize("values", [{}, {"optimizer": "adam", "lr": 0.005}], ids=["sgd", "adam"])
def test_going_on_from_the_best_epoch(tmp_path: Path, store: Store, values: dict[str, Any]) -> None:
    info, _events = spoilt(tmp_path, store, **values)
    straight = losses(drive(tiny(tmp_path, epochs=12, **values), stop_at_end=True))
    _recipe, prepare = reopen(info.id, store, {}, best=True)
    events = drive(tiny(tmp_path), prepare=prepare, stop_at_end=True, storage=RunStorage(store, NEVER))
    assert of(events, Started)[0].epoch == 10
    assert [event.metrics.epoch for event in of(events, EpochDone)] == [11, 12]
    assert losses(events) == straight
    (again,) = store.runs()
    assert again.perplexity < info.best
    curve = read_curve(RunFolder(again.folder).curve_file)
    assert [epoch.epoch for epoch in curve.epochs] == list(range(1, 13))
    assert curve.marks == ()
    # What was the best is no longer, and is not taken for it.
    assert read(again, best=True).epoch == 12


def test_a_run_that_goes_on_remembers_how_good_its_best_epoch_was(tmp_path: Path, store: Store) -> None:
    info, _events = spoilt(tmp_path, store)
    _recipe, prepare = reopen(info.id, store, {"epochs": 14})
    drive(tiny(tmp_path), prepare=prepare, stop_at_end=True, storage=RunStorage(store, NEVER))
    (again,) = store.runs()
    assert (again.epoch, again.best) == (14, info.best)
    assert read(again, best=True).epoch == 10


def test_the_weights_write_what_they_wrote_then(tmp_path: Path, store: Store) -> None:
    from lyricterm.engine import snapshot

    events = drive(
        tiny(tmp_path, epochs=12, pred_period=10),
        when(EpochDone, epoch=10).send(SPOILT),
        stop_at_end=True,
        storage=RunStorage(store, NEVER),
    )
    written = of(events, Generated)[0].sample
    (info,) = store.runs()
    saved = read(info, best=True)
    assert snapshot.writer(saved).complete(written.prefix, 5, saved.recipe.activation).text == written.text


def test_a_run_left_in_the_epoch_after_its_best_keeps_both(tmp_path: Path, store: Store) -> None:
    from lyricterm.core.commands import StepOnce
    from lyricterm.core.run_status import RunStatus
    from tests.training.lab import becomes

    drive(
        tiny(tmp_path),
        when(EpochDone, epoch=2).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Quit()),
        storage=RunStorage(store, NEVER),
    )
    (info,) = store.runs()
    assert (info.epoch, info.minibatch) == (2, 1)
    assert (read(info, best=True).minibatch, read(info, best=False).minibatch) == (0, 1)


def test_weights_that_were_not_kept_are_not_promised(tmp_path: Path, store: Store) -> None:
    info, _events = spoilt(tmp_path, store)
    RunFolder(info.folder).best_file.unlink()
    with pytest.raises(RunError, match="are not kept"):
        weights_of(info, best=True)


def test_both_go_when_there_is_no_room(tmp_path: Path, store: Store) -> None:
    info, _events = spoilt(tmp_path, store)
    assert [gone.id for gone in store.prune(0)] == [info.id]
    assert not RunFolder(info.folder).best_file.exists()


def test_train_says_so_and_complete_takes_them(
    tmp_path: Path, clean_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lyricterm.cli import main, train_session

    report = train_session.Training._report

    def spoil(training: train_session.Training, event: Event) -> None:
        if isinstance(event, EpochDone) and event.metrics.epoch == 10:
            training._session.send(SPOILT)
        report(training, event)

    monkeypatch.setattr(train_session.Training, "_report", spoil)
    flags = "--hidden 8 --steps 5 --batch 2 --epochs 12 --pred-period 100 --device cpu --threads 1"
    assert main(["train", "--corpus", tiny(tmp_path).corpus, *flags.split()]) == 0
    (info,) = Store().runs()
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("lyricterm: on the training text the best epoch had perplexity ")
    assert said.endswith(f"lyricterm complete --checkpoint {info.spoken} --best")
    assert main(["complete", "分开", "--checkpoint", info.id, "--best", "--json"]) == 0
    assert '"epoch": 10' in capsys.readouterr().out
    assert main(["complete", "分开", "--json"]) == 0
    assert '"epoch": 12' in capsys.readouterr().out
