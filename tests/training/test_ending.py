"""Quitting and saving, and what happens when something inside goes wrong."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from threading import Event as ThreadEvent
from threading import current_thread
from types import NoneType
from typing import Any

import pytest

from lyricterm.core.commands import Change, Complete, Quit, Restart, Resume
from lyricterm.core.errors import DeviceError, OutOfMemoryError
from lyricterm.core.events import (
    Completed,
    Diverged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Generated,
    Noticed,
    Progress,
    Refused,
    Saved,
    SaveFailed,
    Started,
    StatusChanged,
    Stopped,
)
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.engine import checkpoint
from lyricterm.engine.generation import Completion
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step
from lyricterm.storage.run_store import Store
from lyricterm.training.resume import reopen
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session
from tests.training.lab import When, becomes, drive, explosive, losses, of, run_in_thread, tiny, when


@pytest.fixture
def log_file(clean_home: Path) -> Iterator[Path]:
    """Where the log of this test's home is; nothing is there yet."""
    log = logging.getLogger("lyricterm")
    before, log.handlers = log.handlers, []
    yield clean_home / "state" / "lyricterm" / "log" / "lyricterm.log"
    for handler in log.handlers:
        handler.close()
    log.handlers = before


def _ends(recipe: Recipe, moment: When, paused: bool = False) -> None:
    events = drive(recipe, moment.send(Quit()), paused=paused)
    assert isinstance(events[-1], Stopped)


@pytest.mark.parametrize("status", [RunStatus.PREPARING, RunStatus.PAUSED, RunStatus.TRAINING])
def test_quitting_a_run_under_way(tmp_path: Path, status: RunStatus) -> None:
    _ends(tiny(tmp_path, epochs=10_000), becomes(status), paused=status is RunStatus.PAUSED)


def test_quitting_when_finished_diverged_or_failed(tmp_path: Path) -> None:
    _ends(tiny(tmp_path), when(Finished))
    _ends(explosive(tmp_path), when(Diverged))
    _ends(tiny(tmp_path, corpus=str(tmp_path / "missing.txt")), when(Failed))


def test_quitting_before_it_began(tmp_path: Path) -> None:
    events: list[Event] = []
    session = Session(tiny(tmp_path, epochs=10_000), events.append)
    session.send(Quit())
    run_in_thread(session.run)
    assert events[-1] == Stopped(1, 0, 0)


def test_a_quit_behind_a_restart_that_fails(tmp_path: Path) -> None:
    # Both wait in the inbox when the loop looks: the failure must not swallow the quit.
    bad = tiny(tmp_path, corpus=str(tmp_path / "missing.txt"))
    events: list[Event] = []
    session = Session(bad, events.append)
    for command in (Restart(bad), Complete(1, "我", 1), Quit()):
        session.send(command)
    run_in_thread(session.run)
    assert len(of(events, Failed)) == 2
    assert isinstance(events[-1], Stopped)


def test_quitting_saves_what_was_trained(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    recipe = tiny(tmp_path, epochs=10_000)
    events = drive(recipe, when(EpochDone, epoch=2).send(Quit()), save=path)
    assert of(events, Saved) == [Saved(1, str(path), 2)]
    saved = checkpoint.load(path)
    assert (saved.epoch, saved.minibatch) == (2, 0)
    assert saved.recipe == recipe


def test_a_saved_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    recipe = tiny(tmp_path)
    straight = losses(drive(recipe, stop_at_end=True))
    drive(recipe, when(EpochDone, epoch=2).send(Quit()), save=path)

    _recipe, prepare = reopen(str(path), Store(tmp_path / "none"), {})
    events = drive(recipe, prepare=prepare, stop_at_end=True)
    assert losses(events) == straight
    assert of(events, Started)[0].epoch == 2
    assert [event.epoch for event in of(events, EpochDone)] == [3, 4]


def test_a_run_that_never_began_saves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    drive(tiny(tmp_path, corpus=str(tmp_path / "missing.txt")), save=path, stop_at_end=True)
    assert not path.exists()


def test_a_save_that_fails_is_told_and_the_loop_still_ends(tmp_path: Path) -> None:
    path = tmp_path / "no" / "folder.safetensors"
    events = drive(tiny(tmp_path, epochs=1), save=path, stop_at_end=True)
    assert ["cannot be written" in event.sentence for event in of(events, Failed)] == [True]
    assert not of(events, Saved)
    assert events[-1] == Stopped(1, 1, 0)


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    """Make the next minibatches fail, then let them be."""
    train = Trainer.advance
    left = [error] * times

    def advance(self: Trainer, most: int) -> list[Step]:
        if left:
            raise left.pop()
        return train(self, most)

    monkeypatch.setattr(Trainer, "advance", advance)


def test_an_internal_error_is_one_sentence_and_a_log_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path
) -> None:
    _break(monkeypatch, ZeroDivisionError("a secret detail"), times=1)
    events = drive(tiny(tmp_path), when(Failed).send(Restart(tiny(tmp_path, epochs=1))), when(Finished))
    sentence = of(events, Failed)[0].sentence
    assert "ZeroDivisionError" in sentence
    assert "secret" not in sentence
    assert "\n" not in sentence
    logged = log_file.read_text(encoding="utf-8")
    assert "Traceback" in logged
    assert "a secret detail" in logged
    assert [event.run for event in of(events, Finished)] == [2]


def test_a_log_file_that_cannot_be_written_does_not_reach_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log_file.mkdir(parents=True)
    _break(monkeypatch, ZeroDivisionError(), times=1)
    events = drive(tiny(tmp_path), stop_at_end=True)
    assert len(of(events, Failed)) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [DeviceError("No room."), ZeroDivisionError()])
def test_a_run_that_failed_can_be_resumed_and_still_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path, error: Exception
) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    _break(monkeypatch, error, times=2)
    events = drive(
        tiny(tmp_path),
        when(Failed).send(Complete(1, "我", 3)),
        when(Completed).send(Resume()),
        when(Failed).send(Resume()),
        when(Finished),
    )
    assert losses(events) == straight
    assert log_file.exists() == isinstance(error, ZeroDivisionError)


@pytest.mark.parametrize("error", [IndexError("a secret detail"), OutOfMemoryError("No room.")])
def test_a_completion_that_fails_does_not_touch_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path, error: Exception
) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    generate, broken = Trainer.generate, [True]

    def fail(self: Trainer, *arguments: Any) -> list[Completion]:
        if broken:
            raise error
        return generate(self, *arguments)

    monkeypatch.setattr(Trainer, "generate", fail)
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=1).send(Complete(1, "我", 3)),
        when(Refused).send(Complete(2, "我", 3)),
        # The same failure is told once, and the run goes on.
        when(EpochDone, epoch=3),
        when(Finished).send(Complete(3, "我", 3)),
        when(Completed, request=3),
        watch=lambda event: broken.clear() if isinstance(event, Finished) else None,
    )
    assert not of(events, Failed)
    assert losses(events) == straight
    (refused,) = of(events, Refused)
    assert ("IndexError" if isinstance(error, IndexError) else "No room.") in refused.sentence
    assert "secret" not in refused.sentence
    assert log_file.exists() == isinstance(error, IndexError)


def test_lyrics_that_cannot_be_written_do_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path
) -> None:
    def fail(self: Trainer, *_arguments: Any) -> None:
        raise IndexError

    monkeypatch.setattr(Trainer, "generate", fail)
    events = drive(tiny(tmp_path, pred_period=2), stop_at_end=True)
    assert [event.epoch for event in of(events, Finished)] == [4]
    assert ["IndexError" in event.sentence for event in of(events, Noticed)] == [True, True]
    assert not of(events, Failed) + of(events, Generated)


def test_a_disk_that_hangs_is_not_overtaken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer's thread stands in the middle of writing the file of ``--save``."""
    path, hanging, write = tmp_path / "model.safetensors", ThreadEvent(), checkpoint.write
    written: list[str] = []

    def hang(saved: checkpoint.Checkpoint, target: Path) -> None:
        written.append(current_thread().name)
        hanging.wait(30)
        write(saved, target)

    monkeypatch.setattr("lyricterm.training.session.PATIENCE", 0.05)
    monkeypatch.setattr("lyricterm.engine.checkpoint.write", hang)
    try:
        events = drive(tiny(tmp_path), stop_at_end=True, save=path, storage=RunStorage(Store(tmp_path / "runs")))
        assert "not answered" in of(events, SaveFailed)[-1].sentence
        assert not of(events, Saved)
        assert not path.exists()
        assert set(written) == {"run writer 1"}
    finally:
        hanging.set()


def test_a_failure_ends_a_session_that_stops_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path
) -> None:
    _break(monkeypatch, RuntimeError(), times=1)
    events = drive(tiny(tmp_path), stop_at_end=True)
    assert of(events, StatusChanged)[-1].status is RunStatus.FAILED
    assert isinstance(events[-1], Stopped)
    assert log_file.exists()


PLAIN = (int, float, str, bool, NoneType)


def _strangers(value: Any) -> list[object]:
    """What is no plain value, however deep."""
    if dataclasses.is_dataclass(value):
        return [part for field in dataclasses.fields(value) for part in _strangers(getattr(value, field.name))]
    if type(value) in (tuple, frozenset):
        return [part for item in value for part in _strangers(item)]
    return [] if type(value) in PLAIN or isinstance(value, Enum) else [value]


def test_no_event_holds_a_tensor(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, pred_period=1)
    events = drive(
        recipe,
        becomes(RunStatus.PAUSED).send(Change((("lr", 0.1), ("batch", 3))), Change((("hidden", 9),)), Resume()),
        when(Finished).send(Complete(1, "我X", 3)),
        when(Completed).send(Restart(explosive(tmp_path))),
        when(Diverged).send(Restart(recipe)),
        when(Finished).send(Quit()),
        paused=True,
        save=tmp_path / "model.safetensors",
    )
    kinds = {type(event) for event in events}
    assert {Progress, Generated, Completed, Diverged, Refused, Saved, Stopped, Started, EpochDone} <= kinds
    assert [stranger for event in events for stranger in _strangers(event)] == []
