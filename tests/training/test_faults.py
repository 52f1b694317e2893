"""A disk that fails at any call while a run is kept: what was saved stays, training goes on, and it is told once."""

from __future__ import annotations

import errno
import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.events import EpochDone, Event, Failed, RunSaved, SaveFailed
from lyricterm.core.metrics import METRICS
from lyricterm.core.run_status import RunStatus
from lyricterm.corpus.load import load as load_corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.checkpoint import Checkpoint, load
from lyricterm.engine.trainer import Trainer
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.lock import holder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.training import run_writer
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.run_writer import RunWriter
from tests.training.faults import Disk, failing_disk
from tests.training.lab import drive, of, tiny

pytestmark = pytest.mark.slow

PATIENCE = 30
write_checkpoint = checkpoint.write
ERRORS = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT]
NAMES = {number: errno.errorcode[number] for number in ERRORS}
SERIOUS = {"open", "write", "fsync", "replace"}
"""Calls that cannot fail without something not being written."""
ATTEMPTS = 4
"""Attempts for which a lasting fault lasts."""
LONG = pytest.mark.long

Saved = tuple[Checkpoint, RunInfo]


@pytest.fixture(autouse=True)
def short_retries_without_pruning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.training.run_writer.RETRY", 0.002)
    # It looks at other runs, and nothing of it is needed to keep this one.
    monkeypatch.setattr(Store, "prune", lambda store, budget: [])


@pytest.fixture
def disk() -> Iterator[Disk]:
    with failing_disk() as disk:
        yield disk


@pytest.fixture
def states(tmp_path: Path) -> list[Saved]:
    """A run as it stands after none, one and two epochs."""
    recipe = tiny(tmp_path)
    trainer = Trainer(recipe, load_corpus(recipe))
    states = []
    for epoch in range(3):
        saved = snapshot.capture(trainer)
        states.append((saved, _info(saved)))
        while trainer.epoch == epoch:
            trainer.step()
    return states


def _info(saved: Checkpoint) -> RunInfo:
    return RunInfo(
        id="",
        folder=Path(),
        recipe=saved.recipe,
        corpus="tiny",
        characters=120,
        vocabulary=15,
        fingerprint=saved.fingerprint,
        device="cpu",
        created=1.0,
        updated=2.0,
        status=RunStatus.TRAINING,
        epoch=saved.epoch,
        minibatch=0,
        perplexity=math.nan,
        best=math.nan,
        seconds=1.0,
    )


def row(epoch: int) -> dict[str, Any]:
    return {"epoch": epoch, **dict.fromkeys(METRICS, 1.0)}


class WatchedWriter:
    """A run writer, and what it has told."""

    def __init__(self, store: Store, also: Path | None = None) -> None:
        self.store, self.told, self.errors = store, list[Event](), list[Exception]()
        self._change = threading.Condition()
        self.writer = RunWriter(RunStorage(store), checkpoint.write, self._tell, 1, also=also)

    def _tell(self, event: Event) -> None:
        if isinstance(event, SaveFailed):
            # In another thread, whose calls do not fail.
            look = threading.Thread(target=self._look)
            look.start()
            look.join()
        with self._change:
            self.told.append(event)
            self._change.notify_all()

    def save(self, state: Saved) -> None:
        """Hand over an epoch's line and how the run stands."""
        if state[0].epoch:
            self.writer.curve(row(state[0].epoch))
        self.writer.keep(state[1], state[0])

    def until_kept(self, epoch: int) -> None:
        """It has been told that so many epochs are on disk."""
        with self._change:
            assert self._change.wait_for(lambda: epoch in [event.epoch for event in of(self.told, RunSaved)], PATIENCE)

    def _look(self) -> None:
        try:
            self.check_readable()
        except Exception as error:
            self.errors.append(error)

    def check_readable(self) -> None:
        """Whatever there is of a run is whole."""
        for folder in self.folders:
            if folder.checkpoint_file.exists():
                assert load(folder.checkpoint_file).epoch in (0, 1, 2)
            if folder.run_file.exists():
                assert json.loads(folder.run_file.read_text())["epoch"] in (0, 1, 2)
            epochs = [line.epoch for line in read_curve(folder.curve_file).epochs]
            assert epochs == list(range(1, len(epochs) + 1))

    @property
    def folders(self) -> list[RunFolder]:
        return [RunFolder(path) for path in (self.store.root.iterdir() if self.store.root.exists() else [])]

    def finish(self) -> None:
        """Close, and look at what is left: one run of two epochs, and nothing else."""
        assert self.errors == []
        self.writer.close()
        assert self.writer.wait(PATIENCE)
        (folder,) = self.folders
        assert load(folder.checkpoint_file).epoch == 2
        (info,) = self.store.runs()
        assert (info.epoch, info.running, holder(folder.lock_file)) == (2, False, None)
        assert [line.epoch for line in read_curve(folder.curve_file).epochs] == [1, 2]
        names = {path.name for path in folder.path.iterdir()}
        assert names == {"checkpoint.safetensors", "run.json", "curve.jsonl", "lock"}


def _calls(disk: Disk, store: Store, states: list[Saved], first: bool) -> int:
    """How many calls a first save takes, or a later one, where nothing fails."""
    kept = WatchedWriter(store)
    if not first:
        kept.save(states[0])
        kept.until_kept(0)
    disk.fail(0, 0, 0)
    kept.save(states[0] if first else states[1])
    kept.until_kept(0 if first else 1)
    count = len(disk.calls)
    kept.writer.discard()
    assert kept.writer.wait(PATIENCE)
    assert kept.folders == []
    assert count > 15
    return count


def _one_fault(disk: Disk, kept: WatchedWriter, states: list[Saved], first: bool, strike: Callable[[], None]) -> None:
    """A run of two epochs, one of whose saves meets the fault."""
    if first:
        strike()
    kept.save(states[0])
    kept.until_kept(0)
    if not first:
        strike()
    kept.save(states[1])
    kept.until_kept(1)
    kept.save(states[2])
    kept.until_kept(2)


@pytest.mark.parametrize("first", [True, False], ids=["the first save", "a later save"])
@pytest.mark.parametrize("short", [False, True], ids=["nothing written", "half written"])
@pytest.mark.parametrize(
    "error", [ERRORS[0], *(pytest.param(number, marks=LONG) for number in ERRORS[1:])], ids=NAMES.__getitem__
)
def test_any_call_fails_once(
    disk: Disk, tmp_path: Path, states: list[Saved], error: int, short: bool, first: bool
) -> None:
    count = _calls(disk, Store(tmp_path / "count"), states, first)
    for number in range(1, count + 1):
        kept = WatchedWriter(Store(tmp_path / f"runs {number}"))
        _one_fault(disk, kept, states, first, lambda n=number: disk.fail(n, n, error, short=short))  # type: ignore[misc]
        kept.finish()
        (failed,) = disk.failed
        told = len(of(kept.told, SaveFailed))
        assert told == 1 if failed in SERIOUS else told <= 1, (number, failed)


@pytest.mark.parametrize("first", [True, False], ids=["the first save", "a later save"])
@pytest.mark.parametrize(
    "error", [ERRORS[0], *(pytest.param(number, marks=LONG) for number in ERRORS[1:])], ids=NAMES.__getitem__
)
def test_a_fault_that_lasts_is_told_once(
    disk: Disk, tmp_path: Path, states: list[Saved], error: int, first: bool
) -> None:
    count = _calls(disk, Store(tmp_path / "count"), states, first)
    for number in range(1, count + 1, 2):
        kept = WatchedWriter(Store(tmp_path / f"runs {number}"))

        def strike(number: int = number) -> None:
            disk.fail(number, 10**9, error)
            threading.Thread(target=heal_later).start()

        def heal_later() -> None:
            end = time.monotonic() + PATIENCE
            # Each attempt begins with one of these.
            while disk.calls.count("mkdir") < ATTEMPTS and time.monotonic() < end:
                time.sleep(0.001)
            disk.heal()

        _one_fault(disk, kept, states, first, strike)
        kept.finish()
        assert len(of(kept.told, SaveFailed)) == 1, (number, kept.told)


def test_a_disk_that_never_takes_anything_leaves_nothing(disk: Disk, tmp_path: Path, states: list[Saved]) -> None:
    for number in (1, 2, 3, 4, 8):
        kept = WatchedWriter(Store(tmp_path / f"runs {number}"))
        disk.fail(number, 10**9, errno.ENOSPC)
        kept.save(states[0])
        kept.save(states[1])
        end = time.monotonic() + PATIENCE
        while disk.calls.count("mkdir") < ATTEMPTS and time.monotonic() < end:
            time.sleep(0.001)
        kept.writer.close()
        assert kept.writer.wait(PATIENCE)
        assert len(of(kept.told, SaveFailed)) == 1
        assert not of(kept.told, RunSaved)
        assert [path.name for folder in kept.folders for path in folder.path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("ours", [True, False])
def test_of_two_files_the_other_is_written(tmp_path: Path, states: list[Saved], ours: bool) -> None:
    """The run's own, and that of ``--save``."""
    also, store = tmp_path / "also" / "model.safetensors", Store(tmp_path / "runs")
    also.parent.mkdir()
    told: list[Event] = []

    def write(checkpoint: Checkpoint, path: Path) -> None:
        if (path == also) != ours:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_checkpoint(checkpoint, path)

    writer = RunWriter(RunStorage(store), write, told.append, 1, also=also)
    writer.keep(states[1][1], states[1][0])
    writer.close()
    assert writer.wait(PATIENCE)
    (info,) = store.runs()
    folder = RunFolder(info.folder)
    written, missing = (also, folder.checkpoint_file) if ours else (folder.checkpoint_file, also)
    assert load(written).epoch == 1
    assert not missing.exists()
    assert str(missing) in of(told, SaveFailed)[0].sentence
    assert not of(told, RunSaved)


def test_no_epoch_before_a_checkpoint_is_missing(
    tmp_path: Path, states: list[Saved], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An epoch that ends, and is saved, while the lines before it are being written."""
    store, waiting = Store(tmp_path / "runs"), [states[2]]
    seen: list[tuple[int, int]] = []

    def append_slowly(path: Path, rows: Any) -> None:
        append_lines(path, rows)
        if waiting and rows and path.name == "samples.jsonl":
            kept.save(waiting.pop())

    def write(saved: Checkpoint, path: Path) -> None:
        seen.append((saved.epoch, len(read_curve(path.with_name("curve.jsonl")).epochs)))
        write_checkpoint(saved, path)

    monkeypatch.setattr("lyricterm.training.run_writer.append_lines", append_slowly)
    monkeypatch.setattr("lyricterm.engine.checkpoint.write", write)
    kept = WatchedWriter(store)
    kept.writer.sample({"epoch": 1})
    kept.save(states[1])
    kept.until_kept(2)
    kept.writer.close()
    assert kept.writer.wait(PATIENCE)
    assert seen[-1] == (2, 2)
    assert all(lines >= epoch for epoch, lines in seen), seen


def test_a_writer_whose_lines_cannot_be_written_does_not_say_that_it_keeps(tmp_path: Path, states: list[Saved]) -> None:
    kept = WatchedWriter(Store(tmp_path / "runs"))
    kept.save(states[0])
    kept.until_kept(0)
    (folder,) = kept.folders
    folder.curve_file.mkdir()
    kept.save(states[1])
    kept.save(states[2])
    end = time.monotonic() + PATIENCE
    while load(folder.checkpoint_file).epoch < 2 and time.monotonic() < end:
        time.sleep(0.001)
    kept.writer.sample({"epoch": 1})
    assert not [event for event in of(kept.told, RunSaved) if event.epoch]
    folder.curve_file.rmdir()
    kept.until_kept(2)
    assert len(of(kept.told, SaveFailed)) == 1
    kept.writer.close()
    assert kept.writer.wait(PATIENCE)
    assert [line.epoch for line in read_curve(folder.curve_file).epochs] == [1, 2]


@pytest.mark.slow
def test_a_folder_that_is_removed_while_training(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    held: list[int | None] = []

    def remove(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 5:
            # At a stroke: it is being written to.
            store.root.rename(tmp_path / "bin")
        if isinstance(event, EpochDone) and event.epoch in (299, 300) and store.root.exists():
            held.extend(holder(RunFolder(path).lock_file) for path in store.root.iterdir())

    storage = RunStorage(store, 0.0)
    events = drive(tiny(tmp_path, epochs=300), stop_at_end=True, storage=storage, watch=remove)
    assert not of(events, Failed)
    (info,) = store.runs()
    assert (info.status, info.epoch) == (RunStatus.FINISHED, 300)
    assert load(RunFolder(info.folder).checkpoint_file).epoch == 300
    # It is still ours, though the lock that was taken first has gone.
    assert set(held) == {os.getpid()}


@pytest.mark.slow
def test_a_place_that_is_closed_to_us_for_a_while(tmp_path: Path, disk: Disk) -> None:
    store = Store(tmp_path / "runs")

    def close_and_open(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 20:
            disk.fail(1, 10**9, errno.EACCES)
        if isinstance(event, EpochDone) and event.epoch == 100:
            disk.heal()

    storage = RunStorage(store, 0.0)
    events = drive(tiny(tmp_path, epochs=200), stop_at_end=True, storage=storage, watch=close_and_open)
    assert not of(events, Failed)
    assert len(of(events, SaveFailed)) == 1
    told = [type(event) for event in events if isinstance(event, RunSaved | SaveFailed)]
    assert told[told.index(SaveFailed) + 1 :].count(RunSaved) >= 1
    (info,) = store.runs()
    assert (info.status, info.epoch) == (RunStatus.FINISHED, 200)
    assert len(read_curve(RunFolder(info.folder).curve_file).epochs) == 200


def test_a_disk_that_is_full_for_the_whole_run(
    tmp_path: Path, clean_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lyricterm.cli import main

    recipe, path = tiny(tmp_path), tmp_path / "model.safetensors"
    root = Store().root
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("open", "mkdir")}

    def full(name: str) -> Callable[..., Any]:
        def call(target: Any, *arguments: Any, **named: Any) -> Any:
            if str(target).startswith(str(root)) and (name == "mkdir" or arguments[0] & os.O_CREAT):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
            return real[name](target, *arguments, **named)

        return call

    for name in real:
        monkeypatch.setattr(os, name, full(name))
    flags = [
        "--hidden",
        "8",
        "--steps",
        "5",
        "--batch",
        "2",
        "--epochs",
        "30",
        "--pred-period",
        "100",
        "--device",
        "cpu",
        "--threads",
        "1",
    ]
    assert main(["train", "--corpus", recipe.corpus, *flags, "--save", str(path)]) == 0
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if "not being saved" in line]) == 1
    assert said[-1] == f"lyricterm: saved {path}"
    assert load(path).epoch == 30
    assert (Store().runs(), Store().broken()) == ([], [])


FLAGS = "--hidden 8 --steps 5 --batch 2 --epochs 300 --pred-period 1000 --device cpu --threads 1"


@pytest.fixture
def disk_that_fills_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Call it with a folder: from then on nothing can be written there."""
    full: list[str] = []
    write = os.write

    def no_room(handle: int, content: bytes) -> int:
        target = str(Path(f"/proc/self/fd/{handle}").readlink())
        if any(target.startswith(path) for path in full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content)

    monkeypatch.setattr(os, "write", no_room)
    return lambda folder: full.append(str(folder))


def _train_until_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[Event], None], *more: str
) -> int:
    """``train`` with each save as soon as there is something to save; ``fill`` is called with each event."""
    from lyricterm.cli import main, train_session

    report = train_session.Training._report

    def watched(training: train_session.Training, event: Event) -> None:
        fill(event)
        report(training, event)

    monkeypatch.setattr(train_session.Training, "_report", watched)
    monkeypatch.setattr("lyricterm.cli.train.storage_of", lambda namespace: RunStorage(Store(), 0.0))
    return main(["train", "--corpus", tiny(tmp_path).corpus, *FLAGS.split(), *more])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc to look into")
def test_a_disk_that_is_full_at_the_end_is_a_failure(
    tmp_path: Path,
    clean_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    disk_that_fills_up: Callable[[Path], None],
) -> None:
    saved: list[RunSaved] = []

    def fill(event: Event) -> None:
        if isinstance(event, RunSaved):
            saved.append(event)
            if event.epoch > 5:
                disk_that_fills_up(Store().root)

    assert _train_until_full(tmp_path, monkeypatch, fill) == 1
    said = capsys.readouterr().err.splitlines()
    (info,) = Store().runs()
    folder = RunFolder(info.folder)
    (failed,) = [line for line in said if "not being saved" in line]
    # The file that failed, by its own name.
    assert f"No space left on device: {folder.path}/" in failed
    assert ".part" not in failed
    on_disk = load(folder.checkpoint_file)
    assert on_disk.epoch < 300
    assert said[-1] == (
        f"lyricterm: the run could not be saved to its end: on disk, {folder.path.name} has "
        f"{saved[-1].epoch} epochs and {saved[-1].minibatch} minibatches"
    )


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc to look into")
def test_the_notice_names_the_file_of_save(
    tmp_path: Path,
    clean_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    disk_that_fills_up: Callable[[Path], None],
) -> None:
    path = tmp_path / "full" / "model.safetensors"
    path.parent.mkdir()
    disk_that_fills_up(path.parent)
    assert _train_until_full(tmp_path, monkeypatch, lambda event: None, "--save", str(path)) == 1
    said = capsys.readouterr().err.splitlines()
    while_training, at_the_end = [line for line in said if "cannot be written" in line]
    assert f"The copy {path} (--save) cannot be written (No space left on device)" in while_training
    assert f"{path} cannot be written: No space left on device" in at_the_end
    assert "not being saved" not in "\n".join(said)
    # The run itself is on disk, whole.
    assert "nothing of it is on disk" not in "\n".join(said)
    assert not path.exists()
    (info,) = Store().runs()
    assert load(RunFolder(info.folder).checkpoint_file).epoch == 300


def test_a_checkpoint_that_waits_for_the_thread_keeps_it_busy(
    states: list[Saved], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunWriter, "_work", lambda writer: None)
    writer = RunWriter(RunStorage(Store(tmp_path / "runs")), checkpoint.write, lambda event: None, 1)
    assert not writer.busy
    saved, info = states[0]
    writer.keep(info, saved)
    assert writer.busy


def test_a_full_disk_loses_the_oldest_lines_and_keeps_the_newest(
    states: list[Saved], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_writer, "_MAX_LINES", 5)
    monkeypatch.setattr(run_writer, "RETRY", 0.01)
    ready, has_room = threading.Event(), threading.Event()
    during = iter(range(5, 10))

    def append(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        assert ready.wait(PATIENCE)
        if rows and not has_room.is_set():
            # While the disk says that it is full, training goes on.
            number = next(during, None)
            if number is None:
                has_room.set()
            else:
                writer.curve(row(number))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        append_lines(path, rows)

    monkeypatch.setattr(run_writer, "append_lines", append)
    writer = RunWriter(RunStorage(Store(tmp_path / "runs")), checkpoint.write, lambda event: None, 1)
    for number in range(1, 5):
        writer.curve(row(number))
    writer.keep(states[2][1], states[2][0])
    ready.set()
    assert has_room.wait(PATIENCE)
    writer.close()
    assert writer.wait(PATIENCE)
    (folder,) = (RunFolder(path) for path in (tmp_path / "runs").iterdir())
    assert [line.epoch for line in read_curve(folder.curve_file).epochs] == [5, 6, 7, 8, 9]
