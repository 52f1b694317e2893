"""A session keeps its runs on disk: when, what, and how one goes on with them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.commands import Change, Open, Pause, Quit, Restart, Resume, StepOnce
from lyricterm.core.errors import OutOfMemoryError
from lyricterm.core.events import (
    Diverged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Noticed,
    Progress,
    Refused,
    RunSaved,
    SaveFailed,
    Started,
    StatusChanged,
    Stopped,
)
from lyricterm.core.run_data import Mark
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.lock import Lock, holder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.training.resume import reopen
from lyricterm.training.run_storage import RunStorage
from tests.training.lab import MINIBATCHES, When, becomes, drive, explosive, losses, of, since, tiny, when

NEVER = 1_000.0
"""An interval that no test reaches."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A place for runs, in which no lock is held once the session has ended."""
    store = Store(tmp_path / "runs")
    yield store
    assert [info.id for info in store.runs() if holder(RunFolder(info.folder).lock_file) is not None] == []
    assert list(store.root.rglob("*.part")) == []


@dataclass(frozen=True)
class Beyond(When):
    """Waits for a save of a later epoch."""

    epoch: int = 0

    def fits(self, event: Event) -> bool:
        return isinstance(event, RunSaved) and event.epoch >= self.epoch


def beyond(epoch: int) -> Beyond:
    """The next save of that epoch or a later one."""
    return Beyond(RunSaved, {}, (), epoch)


def loaded(info: RunInfo) -> checkpoint.Checkpoint:
    assert info.checkpoint is not None
    return checkpoint.load(info.checkpoint)


def stands(info: RunInfo) -> tuple[str, int, int]:
    """How the run stands, as its checkpoint says as well."""
    saved = loaded(info)
    assert (saved.epoch, saved.minibatch) == (info.epoch, info.minibatch)
    return info.status.value, info.epoch, info.minibatch


def interrupted(recipe: Recipe, store: Store, epoch: int = 2) -> RunInfo:
    """A run that was left after some epochs."""
    drive(recipe, when(EpochDone, epoch=epoch).send(Quit()), storage=RunStorage(store, NEVER))
    return store.runs()[0]


def test_a_run_has_its_folder_at_once(tmp_path: Path, store: Store) -> None:
    seen: list[tuple[bool, tuple[str, int, int]]] = []

    def look(event: Event) -> None:
        if isinstance(event, RunSaved):
            (info,) = store.runs()
            assert info.id == event.name
            seen.append((info.running, stands(info)))

    recipe = tiny(tmp_path)
    drive(recipe, when(RunSaved), paused=True, storage=RunStorage(store, NEVER), watch=look)
    assert seen[0] == (True, ("paused", 0, 0))
    (info,) = store.runs()
    assert (info.recipe, info.running) == (recipe, False)


def test_it_is_saved_on_the_timer_and_not_before(tmp_path: Path, store: Store) -> None:
    recipe = tiny(tmp_path, epochs=100_000)
    events = drive(recipe, beyond(3), storage=RunStorage(store, 0.0))
    assert [event.status for event in of(events, StatusChanged)] == [RunStatus.PREPARING, RunStatus.TRAINING]
    events = drive(recipe, when(EpochDone, epoch=20).send(Quit()), storage=RunStorage(store, NEVER))
    while_training = events[: events.index(of(events, EpochDone)[-1])]
    assert {(event.epoch, event.minibatch) for event in of(while_training, RunSaved)} <= {(0, 0)}


def test_it_is_saved_on_pause(tmp_path: Path, store: Store) -> None:
    seen: list[tuple[str, int, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, RunSaved) and event.epoch == 2:
            seen.append(stands(store.runs()[0]))

    plan = [when(EpochDone, epoch=2).send(Pause()), beyond(2)]
    drive(tiny(tmp_path), *plan, storage=RunStorage(store, NEVER), watch=look)
    assert seen[0] == ("paused", 2, 0)


def test_it_is_saved_where_it_diverged(tmp_path: Path, store: Store) -> None:
    events = drive(explosive(tmp_path), stop_at_end=True, storage=RunStorage(store, NEVER))
    diverged, stopped = of(events, Diverged)[0], of(events, Stopped)[0]
    (info,) = store.runs()
    assert stands(info) == ("diverged", stopped.epoch, stopped.minibatch)
    assert info.diverged == (diverged.epoch, diverged.minibatch)


def test_opened_where_it_diverged_it_stands_there_until_the_person_decides(tmp_path: Path, store: Store) -> None:
    storage = RunStorage(store, NEVER)
    first = of(drive(explosive(tmp_path), stop_at_end=True, storage=storage), Diverged)[0]
    (left,) = store.runs()
    recipe, prepare = reopen(left.id, store, {})
    told = drive(recipe, becomes(RunStatus.DIVERGED), when(Diverged), prepare=prepare, storage=storage)
    again = of(told, Diverged)[0]
    assert (again.epoch, again.minibatch, again.what) == (first.epoch, first.minibatch, first.what)
    assert not of(told, EpochDone)
    (info,) = store.runs()
    assert (stands(info), info.diverged) == (stands(left), left.diverged)
    curve = read_curve(RunFolder(info.folder).curve_file)
    assert curve.divergences == ((first.epoch, first.minibatch),)
    recipe, prepare = reopen(left.id, store, {})
    clipped = when(Diverged).send(Change((("clipping", True),)), Resume())
    drive(recipe, clipped, when(EpochDone), prepare=prepare, storage=storage)
    (info,) = store.runs()
    assert (info.status, info.diverged) == (RunStatus.INTERRUPTED, None)


def test_it_is_saved_at_its_end(tmp_path: Path, store: Store) -> None:
    events = drive(tiny(tmp_path), stop_at_end=True, storage=RunStorage(store, NEVER))
    (info,) = store.runs()
    assert stands(info) == ("finished", 4, 0)
    assert info.perplexity == of(events, Finished)[0].perplexity
    assert info.best == min(event.metrics.perplexity for event in of(events, EpochDone))
    rows = read_curve(RunFolder(info.folder).curve_file).epochs
    assert list(rows) == [event.metrics for event in of(events, EpochDone)]


def test_it_is_saved_on_quitting(tmp_path: Path, store: Store) -> None:
    plan = [
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED),
    ]
    events = drive(tiny(tmp_path), *plan, paused=True, storage=RunStorage(store, NEVER))
    assert of(events, Stopped) == [Stopped(1, 0, 2)]
    (info,) = store.runs()
    assert stands(info) == ("paused", 0, 2)
    assert interrupted(tiny(tmp_path, seed=1), store).status is RunStatus.INTERRUPTED


def test_a_run_left_for_another_can_be_gone_on_with(tmp_path: Path, store: Store) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    plan = [when(EpochDone, epoch=2).send(Restart(tiny(tmp_path, seed=1))), when(Finished)]
    drive(tiny(tmp_path), *plan, storage=RunStorage(store, NEVER))
    left = next(info for info in store.runs() if info.recipe.seed == 0)
    assert stands(left) == ("interrupted", 2, 0)
    assert left.unfinished
    _recipe, prepare = reopen(left.id, store, {})
    events = drive(tiny(tmp_path), prepare=prepare, stop_at_end=True, storage=RunStorage(store, NEVER))
    assert losses(events) == straight
    again = store.find(left.id)
    assert (stands(again), again.created) == (("finished", 4, 0), left.created)
    assert len(store.runs()) == 2


def test_a_new_run_left_in_its_first_epoch_is_removed(tmp_path: Path, store: Store) -> None:
    plan = [
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Restart(tiny(tmp_path, seed=1))),
        when(Finished),
    ]
    drive(tiny(tmp_path), *plan, paused=True, storage=RunStorage(store, NEVER))
    assert [info.recipe.seed for info in store.runs()] == [1]
    assert len(list(store.root.iterdir())) == 1


def test_opening_goes_on_exactly_and_shows_the_earlier_curve(tmp_path: Path, store: Store) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    left = interrupted(tiny(tmp_path), store)
    plan = [becomes(RunStatus.PAUSED).send(Open(left.id)), when(Started, run=2), when(Finished, run=2)]
    events = drive(tiny(tmp_path, seed=1), *plan, paused=True, storage=RunStorage(store, NEVER))
    opened = [event for event in of(events, Progress) if event.run == 2]
    assert opened[0].loss.points == straight[: 2 * MINIBATCHES]
    assert losses(events) == straight
    assert [event.epoch for event in of(events, Started)] == [0, 2]
    (info,) = store.runs()
    assert (info.id, stands(info)) == (left.id, ("finished", 4, 0))
    rows = read_curve(RunFolder(info.folder).curve_file).epochs
    assert [row.epoch for row in rows] == [1, 2, 3, 4]


def test_a_flip_that_was_lost_is_no_mark(tmp_path: Path, store: Store) -> None:
    """It was made after the last save, and the process was killed."""
    left = interrupted(tiny(tmp_path), store)
    folder = RunFolder(left.folder)
    lost = Mark(2.4, 2 * MINIBATCHES + 4, "lr", 0.2, 0.1)
    append_lines(folder.curve_file, [{"mark": lost.to_dict()}])
    assert read_curve(folder.curve_file).marks == (lost,)
    _recipe, prepare = reopen(left.id, store, {})
    flip = when(EpochDone, epoch=3).send(Change((("lr", 0.3),)))
    drive(tiny(tmp_path), flip, when(Finished), prepare=prepare, storage=RunStorage(store, NEVER))
    assert [mark.new for mark in read_curve(folder.curve_file).marks] == [0.3]


def _refused(tmp_path: Path, store: Store, name: str) -> str:
    """Open a run that cannot be; the sentence, once the run that was there has gone on."""
    plan = [when(EpochDone, epoch=1).send(Open(name)), when(Refused), becomes(RunStatus.TRAINING), when(Finished)]
    events = drive(tiny(tmp_path, seed=1), *plan, storage=RunStorage(store, NEVER))
    assert losses(events) == losses(drive(tiny(tmp_path, seed=1), stop_at_end=True))
    assert len(of(events, Started)) == 1
    assert not of(events, Failed)
    (refused,) = of(events, Refused)
    assert "\n" not in refused.sentence
    assert refused.sentence.endswith(".")
    return refused.sentence


def test_opening_one_that_another_program_has(tmp_path: Path, store: Store) -> None:
    left = interrupted(tiny(tmp_path), store)
    lock = Lock(RunFolder(left.folder).lock_file)
    assert lock.acquire()
    sentence = _refused(tmp_path, store, left.id)
    assert left.id in sentence
    assert str(os.getpid()) in sentence
    lock.release()
    assert stands(store.find(left.id)) == ("interrupted", 2, 0)


def test_opening_one_that_is_damaged(tmp_path: Path, store: Store) -> None:
    left = interrupted(tiny(tmp_path), store)
    assert left.checkpoint is not None
    left.checkpoint.write_bytes(left.checkpoint.read_bytes()[:-10])
    assert "checkpoint.safetensors" in _refused(tmp_path, store, left.id)


def test_opening_one_that_has_gone(tmp_path: Path, store: Store) -> None:
    left = interrupted(tiny(tmp_path), store)
    store.remove(left)
    assert left.id in _refused(tmp_path, store, left.id)


def test_opening_one_whose_checkpoint_has_gone(tmp_path: Path, store: Store) -> None:
    left = interrupted(tiny(tmp_path), store)
    assert left.checkpoint is not None
    left.checkpoint.unlink()
    assert left.id in _refused(tmp_path, store, left.id)


def test_opening_one_whose_text_has_changed(tmp_path: Path, store: Store) -> None:
    other = tmp_path / "other.txt"
    other.write_text("abc" * 100, encoding="utf-8")
    left = interrupted(tiny(tmp_path, corpus=str(other)), store)
    other.write_text("abd" * 100, encoding="utf-8")
    assert "other.txt" in _refused(tmp_path, store, left.id)


def test_opening_the_run_there_is(tmp_path: Path, store: Store) -> None:
    names: list[str] = []

    def look(event: Event) -> None:
        names.extend([event.name] if isinstance(event, RunSaved) else [])

    drive(tiny(tmp_path), when(RunSaved), paused=True, storage=RunStorage(store, NEVER), watch=look)
    left = store.find(names[0])
    _recipe, prepare = reopen(left.id, store, {})
    plan = [when(EpochDone, epoch=1).send(Open(left.id)), when(Refused), when(Finished)]
    events = drive(tiny(tmp_path), *plan, prepare=prepare, storage=RunStorage(store, NEVER))
    assert of(events, Refused)[0].sentence == f"The run {left.id} is the one that is open."
    assert losses(events) == losses(drive(tiny(tmp_path), stop_at_end=True))


def _run_out(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """The GPU has no room at one minibatch."""
    train, calls = Trainer.advance, iter(range(1, 1_000_000))

    def advance(self: Trainer, most: int) -> list[Step]:
        if next(calls) == call:
            raise OutOfMemoryError("No room.")
        return train(self, most)

    monkeypatch.setattr(Trainer, "advance", advance)
    monkeypatch.setattr("lyricterm.training.current_run.on_gpu", lambda trainer: True)


def _fell_back(events: list[Event], straight: tuple[float, ...]) -> tuple[int, int]:
    """Where it went on, having been told."""
    assert not of(events, Failed)
    (notice,) = of(events, Noticed)
    assert "CPU" in notice.sentence
    started = of(events, Started)[-1]
    assert (started.run, started.recipe.device) == (2, "cpu")
    assert of(events, Finished)[-1].epoch == 4
    assert losses(events) == straight
    first = next(event for event in since(events, when(Started, run=2)) if isinstance(event, Progress))
    assert f"epoch {first.epoch}, minibatch {first.minibatch}" in notice.sentence
    return first.epoch, first.minibatch


def test_a_gpu_that_runs_out_of_memory(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    _run_out(monkeypatch, 2 * MINIBATCHES + 4)
    plan = [
        when(EpochDone, epoch=2).send(Pause()),
        beyond(2).send(Resume()),
        when(Noticed),
        when(Finished),
    ]
    events = drive(tiny(tmp_path), *plan, storage=RunStorage(store, NEVER))
    assert _fell_back(events, straight) == (2, 0)
    (info,) = store.runs()
    assert stands(info) == ("finished", 4, 0)
    assert [row.epoch for row in read_curve(RunFolder(info.folder).curve_file).epochs] == [1, 2, 3, 4]


@pytest.mark.parametrize("kept", [True, False])
def test_a_gpu_that_runs_out_of_memory_before_anything_is_saved(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    _run_out(monkeypatch, MINIBATCHES + 4)

    def full(saved: checkpoint.Checkpoint, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr("lyricterm.engine.checkpoint.write", full)
    plan = [when(Noticed), when(Finished)]
    events = drive(tiny(tmp_path), *plan, storage=RunStorage(store, NEVER) if kept else None)
    assert _fell_back(events, straight) == (0, 0)


def test_an_internal_error_keeps_the_run(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    train, calls = Trainer.advance, iter(range(1, 1_000_000))

    def advance(self: Trainer, most: int) -> list[Step]:
        if next(calls) == 2 * MINIBATCHES + 4:
            raise ZeroDivisionError
        return train(self, most)

    monkeypatch.setattr(Trainer, "advance", advance)
    plan = [when(Failed).send(Restart(tiny(tmp_path, seed=1))), when(Finished)]
    events = drive(tiny(tmp_path), *plan, storage=RunStorage(store, NEVER))
    assert "lyricterm.log" in of(events, Failed)[0].sentence
    left = next(info for info in store.runs() if info.recipe.seed == 0)
    assert stands(left) == ("failed", 2, 3)
    assert next(info.status for info in store.runs() if info.recipe.seed == 1) == RunStatus.FINISHED


@pytest.mark.parametrize(
    "error", [RuntimeError("a secret detail"), OSError(errno.ENOENT, "gone"), OutOfMemoryError("No room.")]
)
def test_a_run_that_cannot_be_copied_goes_on(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    copy, broken = snapshot.capture, [True]

    def capture(*arguments: Any) -> checkpoint.Checkpoint:
        if broken:
            raise error
        return copy(*arguments)

    def repair(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 50:
            broken.clear()

    monkeypatch.setattr(snapshot, "capture", capture)
    events = drive(tiny(tmp_path, epochs=100), stop_at_end=True, storage=RunStorage(store, 0.0), watch=repair)
    assert not of(events, Failed)
    (unkept,) = of(events, SaveFailed)
    assert "secret" not in unkept.sentence
    assert of(since(events, When(EpochDone, {"epoch": 50})), RunSaved)
    (info,) = store.runs()
    assert stands(info) == ("finished", 100, 0)


def test_old_checkpoints_give_way(tmp_path: Path, store: Store) -> None:
    old = interrupted(tiny(tmp_path), store)
    events = drive(tiny(tmp_path, seed=1), stop_at_end=True, storage=RunStorage(store, NEVER, budget=1))
    (notice,) = of(events, Noticed)
    assert "1 old run" in notice.sentence
    assert store.find(old.id).checkpoint is None
    new = next(info for info in store.runs() if info.id != old.id)
    assert stands(new) == ("finished", 4, 0)


def test_a_damaged_record_costs_only_the_curves(tmp_path: Path, store: Store) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    left = interrupted(tiny(tmp_path), store)
    assert left.checkpoint is not None
    checkpoint.save(replace(loaded(left), record={"loss": {"points": [None, "x"]}, "marks": 5}), left.checkpoint)
    _recipe, prepare = reopen(left.id, store, {})
    events = drive(tiny(tmp_path), prepare=prepare, stop_at_end=True, storage=RunStorage(store, NEVER))
    assert not of(events, Failed) + of(events, Refused)
    assert losses(events) == straight[2 * MINIBATCHES :]


def test_the_working_folder_may_go(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    recipe = tiny(here)
    drive(
        replace(recipe, corpus="tiny.txt"),
        when(EpochDone, epoch=2),
        storage=RunStorage(store, 0.0),
        watch=lambda event: _remove(here) if isinstance(event, Started) else None,
    )
    (info,) = store.runs()
    assert info.epoch >= 2
    assert stands(info)[0] == "interrupted"


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
