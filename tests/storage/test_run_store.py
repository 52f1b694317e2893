"""The store: making, listing, finding, removing, pinning and pruning runs, beside other programs."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lyricterm
from lyricterm.core.errors import RunError
from lyricterm.core.paths import runs_folder
from lyricterm.core.run_status import ON_DISK, RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage import exercise_runs, run_folder, run_reader
from lyricterm.storage.atomic_write import read_regular, temporary_of
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.training.resume import worth_resuming
from tests.storage.kept import NOON, folder_of, info_of, kept, parts

ROOT = Path(lyricterm.__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "runs")


def ids(runs: list[RunInfo]) -> list[str]:
    return [info.id for info in runs]


def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_runs_are_kept_in_the_persons_data(clean_home: Path) -> None:
    assert Store().root == runs_folder() == clean_home / "data" / "lyricterm" / "runs"


def test_nothing_is_kept_yet(store: Store) -> None:
    assert (store.runs(), store.broken(), store.last_unfinished(), store.prune(0)) == ([], [], None, [])
    assert not store.root.exists(), "looking makes nothing"
    with pytest.raises(RunError, match="no runs yet"):
        store.find("last")


def test_a_new_run_is_named_after_the_local_time(store: Store) -> None:
    name = time.strftime("%Y%m%d-%H%M%S", time.localtime(NOON))
    folders = [store.create(NOON + part) for part in (0, 0.5, 0.9)]
    assert [folder.id for folder in folders] == [name, f"{name}-2", f"{name}-3"]
    assert all(list(folder.path.iterdir()) == [] for folder in folders)


def test_a_run_comes_back_as_it_was_written(store: Store) -> None:
    recipe = Recipe(prefixes=("分|开", "\udcff"), lr=0.1, cell="gru", threads="3", corpus="/tmp/歌.txt")
    folder = store.create(NOON)
    written = info_of(folder, recipe=recipe, status=RunStatus.PAUSED, perplexity=math.inf, diverged=(4, 7), epoch=2**53)
    folder.write(written)
    size = folder.run_file.stat().st_size
    assert store.runs() == [RunInfo(**(vars(written) | {"size": size, "status_on_disk": written.status}))]
    assert json.loads(folder.run_file.read_bytes())["format"] == 1


def test_no_epoch_is_done_yet(store: Store) -> None:
    info = kept(store, epoch=0, perplexity=math.nan, best=math.nan)
    assert math.isnan(info.perplexity)
    assert math.isnan(info.best)


def test_the_newest_comes_first(store: Store) -> None:
    old, new, middle = (kept(store, number) for number in (1, 3, 2))
    assert ids(store.runs()) == [new.id, middle.id, old.id]
    folder_of(old).write(info_of(folder_of(old), updated=NOON + 10_000))
    assert ids(store.runs()) == [old.id, new.id, middle.id]
    assert store.find("last").id == old.id


@pytest.mark.parametrize("status", ON_DISK)
def test_running_or_not(store: Store, status: RunStatus) -> None:
    info = kept(store, status=status)
    shown = RunStatus.INTERRUPTED if status is RunStatus.TRAINING else status
    assert (info.status, info.running, info.unfinished) == (shown, False, status is not RunStatus.FINISHED)
    lock = Lock(folder_of(info).lock_file)
    assert lock.acquire()
    info = store.find("last")
    assert (info.status, info.running, info.unfinished) == (status, True, False)
    lock.release()


def test_the_size_and_the_checkpoint(store: Store) -> None:
    info = kept(store, checkpoint=5_000)
    assert info.checkpoint == folder_of(info).checkpoint_file
    folder_of(info).curve_file.write_bytes(b"x" * 300)
    assert store.find("last").size == 5_300 + folder_of(info).run_file.stat().st_size
    folder_of(info).checkpoint_file.unlink()
    gone = store.find("last")
    assert (gone.checkpoint, gone.unfinished) == (None, False)


def test_the_last_unfinished(store: Store) -> None:
    paused = kept(store, 1, status=RunStatus.PAUSED)
    diverged = kept(store, 2, status=RunStatus.DIVERGED)
    kept(store, 3, status=RunStatus.FINISHED)
    kept(store, 4, status=RunStatus.PAUSED, checkpoint=None)
    lock = Lock(folder_of(kept(store, 5)).lock_file)
    assert lock.acquire()
    assert store.last_unfinished() == diverged
    assert store.last_unfinished(exclude_diverged=True) == paused
    store.remove(paused)
    assert store.last_unfinished(exclude_diverged=True) is None
    lock.release()


class TestFinding:
    def test_by_id_and_by_its_beginning(self, store: Store) -> None:
        first, second, later = kept(store), kept(store), kept(store, 90)
        assert store.find(first.id).id == first.id, "though the second's id begins so, too"
        assert store.find(second.id).id == second.id
        assert store.find(later.id[:-1]).id == later.id
        with pytest.raises(RunError, match=rf"Several runs begin with .*{second.id}.*{first.id}"):
            store.find(first.id[:-1])

    @pytest.mark.parametrize(
        "name", ["x", "", ".", "..", "../runs", "/", "a/b", "\x1b[2J\n", "\0", "长" * 500, "*", "\udcff"]
    )
    def test_nothing(self, store: Store, name: str) -> None:
        kept(store)
        with pytest.raises(RunError, match="There is no run") as error:
            store.find(name)
        assert str(error.value).isprintable()
        assert len(str(error.value)) < 200

    def test_never_outside(self, store: Store) -> None:
        info = kept(store)
        shutil.copytree(info.folder, store.root.parent / "outside")
        for name in ("../outside", str(store.root.parent / "outside"), f"{info.id}/../../outside", f"./{info.id}"):
            with pytest.raises(RunError, match="There is no run"):
                store.find(name)

    def test_a_broken_one_says_why(self, store: Store) -> None:
        kept(store)
        broken = store.create(NOON + 120)
        with pytest.raises(RunError, match=r"has no run\.json"):
            store.find(broken.id)


class TestBroken:
    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "damaged"),
            (b"[]", "damaged"),
            (b"{}", "damaged"),
            (b"\xff", "damaged"),
            (b'{"format": true}', "damaged"),
            (b'{"format": 1}', "damaged"),
            (b'{"format": 2}', "newer lyricterm"),
            (b'{"format": 0}', "older lyricterm"),
            (b" " * ((1 << 20) + 1), "damaged"),
            (b"[" * 100_000, "damaged"),
        ],
    )
    def test_one_sentence_each(self, store: Store, content: bytes, sentence: str) -> None:
        fine, broken = kept(store), kept(store, 1)
        folder_of(broken).run_file.write_bytes(content)
        assert ids(store.runs()) == [fine.id]
        ((name, why),) = store.broken()
        assert name == broken.id
        assert sentence in why
        assert broken.id in why
        assert "\n" not in why

    @pytest.mark.parametrize("change", [{"epoch": -1}, {"vocabulary": True}, {"recipe": {"hidden": 0}}, {"state": "x"}])
    def test_a_value_out_of_bounds(self, store: Store, change: dict[str, Any]) -> None:
        folder = folder_of(kept(store))
        folder.run_file.write_text(json.dumps(json.loads(folder.run_file.read_text()) | change))
        assert store.runs() == []
        assert "damaged" in store.broken()[0][1]

    @pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
    def test_no_file(self, store: Store, make: Callable[[Path], None]) -> None:
        folder = store.create(NOON)
        make(folder.run_file)
        assert store.runs() == []
        assert "damaged" in store.broken()[0][1]

    def test_a_run_that_is_just_beginning_is_not_broken(self, store: Store) -> None:
        lock = Lock(store.create(NOON).lock_file)
        assert lock.acquire()
        assert store.broken() == []
        lock.release()
        assert len(store.broken()) == 1

    def test_what_is_no_run_is_left_alone(self, store: Store, tmp_path: Path) -> None:
        info = kept(store)
        (store.root / "a file").touch()
        (store.root / ".hidden").mkdir()
        (store.root / "no run's name").mkdir()
        (store.root / "linked").symlink_to(info.folder)
        assert ids(store.runs()) == [info.id]
        assert store.broken() == []

    def test_the_root_is_no_folder(self, store: Store) -> None:
        store.root.parent.mkdir()
        store.root.touch()
        assert (store.runs(), store.broken(), store.prune(0)) == ([], [], [])


class TestRemoving:
    def test_all_of_a_run_goes(self, store: Store) -> None:
        stays, goes = kept(store), kept(store, 1)
        folder = folder_of(goes)
        for path in (folder.curve_file, folder.samples_file, folder.pin_file, temporary_of(folder.run_file)):
            path.touch()
        store.remove(goes)
        assert not goes.folder.exists()
        assert ids(store.runs()) == [stays.id]
        store.remove(goes)

    def test_not_while_it_is_running(self, store: Store) -> None:
        info = kept(store)
        lock = Lock(folder_of(info).lock_file)
        assert lock.acquire()
        with pytest.raises(RunError, match=rf"trained by process {os.getpid()}; stop"):
            store.remove(info)
        lock.release()
        assert store.find("last") == RunInfo(**(vars(info) | {"size": store.find("last").size}))

    def test_files_of_others_are_left(self, store: Store) -> None:
        info = kept(store)
        (info.folder / "notes.txt").write_text("mine")
        with pytest.raises(RunError, match=r"is gone, but .* holds other files"):
            store.remove(info)
        assert [path.name for path in info.folder.iterdir()] == ["notes.txt"]

    def test_links_are_removed_and_not_followed(self, store: Store, tmp_path: Path) -> None:
        info = kept(store)
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "curve.jsonl").write_text("mine")
        folder_of(info).curve_file.symlink_to(outside / "curve.jsonl")
        store.remove(info)
        assert not info.folder.exists()
        assert (outside / "curve.jsonl").read_text() == "mine"

    def test_a_folder_that_has_become_a_link(self, store: Store, tmp_path: Path) -> None:
        info = kept(store)
        info.folder.rename(tmp_path / "outside")
        info.folder.symlink_to(tmp_path / "outside")
        store.remove(info)
        with pytest.raises(RunError, match="is gone"):
            store.pin(info, True)
        store.prune(0)
        assert folder_of(info).checkpoint_file.exists()
        assert sorted(path.name for path in (tmp_path / "outside").iterdir()) == ["checkpoint.safetensors", "run.json"]

    @pytest.mark.parametrize("name", ["..", ".", "../data", "/"])
    def test_never_outside(self, store: Store, name: str) -> None:
        info = kept(store)
        store.remove(RunInfo(**(vars(info) | {"id": name, "folder": store.root / name})))
        assert store.find("last") == info

    def test_what_cannot_be_removed(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        info = kept(store)

        def deny(path: Path, missing_ok: bool = False) -> None:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", deny)
            with pytest.raises(RunError, match="cannot be removed: Permission denied"):
                store.remove(info)
        assert store.find("last").running is False


class TestPruning:
    def test_the_oldest_checkpoints_go_until_the_rest_fits(self, store: Store) -> None:
        runs = [kept(store, number, checkpoint=100) for number in range(5)]
        assert store.prune(500) == []
        gone = store.prune(299)
        assert ids(gone) == ids(runs[:3])
        assert [info.checkpoint for info in gone] == [None] * 3
        assert [info.checkpoint is not None for info in store.runs()] == [True, True, False, False, False]
        assert ids(store.prune(0)) == ids(runs[3:])
        assert len(store.runs()) == 5, "figures and lyrics are kept"

    def test_pinned_and_running_ones_stay(self, store: Store) -> None:
        pinned, running, plain, unpinned = (kept(store, number, checkpoint=100) for number in range(4))
        store.pin(pinned, True)
        store.pin(unpinned, True)
        store.pin(unpinned, False)
        store.pin(unpinned, False)
        lock = Lock(folder_of(running).lock_file)
        assert lock.acquire()
        assert [store.find(info.id).pinned for info in (pinned, unpinned)] == [True, False]
        assert ids(store.prune(0)) == [plain.id, unpinned.id]
        assert folder_of(pinned).checkpoint_file.exists()
        assert folder_of(running).checkpoint_file.exists()
        lock.release()
        assert ids(store.prune(100)) == [running.id]

    def test_a_run_that_is_taken_up_meanwhile_stays(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = kept(store, 0), kept(store, 1)
        listed = store.runs()
        monkeypatch.setattr(store, "runs", lambda: listed)
        lock = Lock(folder_of(first).lock_file)
        assert lock.acquire()
        assert ids(store.prune(0)) == [second.id]
        assert folder_of(first).checkpoint_file.exists()
        lock.release()

    def test_temporary_files_of_dead_programs_go(self, store: Store) -> None:
        folder, gone = folder_of(kept(store)), dead()
        names = [f".run.json.{gone}.part", f".checkpoint.safetensors.{gone}.part", ".x.9999999999.part"]
        stay = [f".run.json.{os.getppid()}.part", f".run.json.{os.getpid()}.part"]
        for name in (*names, *stay, "run.json.1.part"):
            (folder.path / name).touch()
        lock = Lock(folder.lock_file)
        assert lock.acquire(), "by this process, which may clear up"
        store.prune(10**12)
        lock.release()
        assert sorted(parts(store.root)) == sorted(stay)
        assert (folder.path / "run.json.1.part").exists()

    def test_temporary_files_beside_another_program_stay(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = folder_of(kept(store))
        (folder.path / f".run.json.{dead()}.part").touch()
        monkeypatch.setattr(run_folder, "holder", lambda path: 1)
        store.prune(10**12)
        assert len(parts(store.root)) == 1


def test_a_run_cannot_be_pinned_once_it_is_gone(store: Store) -> None:
    info = kept(store)
    store.remove(info)
    for on in (True, False):
        with pytest.raises(RunError, match="is gone"):
            store.pin(info, on)
    assert list(store.root.iterdir()) == []


_CREATE = """
import sys
from pathlib import Path
from lyricterm.storage.run_store import Store
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for second in range(40):
    print(store.create(float(sys.argv[2]) + second).id)
"""


def test_programs_that_start_in_the_same_second_get_folders_of_their_own(store: Store) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _CREATE, str(store.root), str(NOON)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    made = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        made += process.communicate(timeout=60)[0].split()
        assert process.returncode == 0
    assert len(made) == 120
    assert sorted(made) == sorted(path.name for path in store.root.iterdir())
    # Each of the 40 seconds was given three times.
    assert sorted(re.sub(r"(-\d+)-\d$", r"\1", name) for name in made) == sorted(
        time.strftime("%Y%m%d-%H%M%S", time.localtime(NOON + second)) for second in range(40) for _ in range(3)
    )


class TestRaces:
    @pytest.mark.parametrize("name", ["read_regular", "from_dict", "holder", "_files"])
    def test_a_run_removed_while_it_is_read(self, store: Store, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        stays, goes = kept(store, 0), kept(store, 1)
        folder_of(stays).lock_file.touch()
        store.remove(goes)
        real = getattr(run_reader, name)

        def racing(*arguments: Any) -> Any:
            answer = real(*arguments)
            shutil.rmtree(goes.folder, ignore_errors=True)
            return answer

        for looking in (store.runs, store.broken, lambda: store.find(stays.id), lambda: store.prune(0)):
            again = kept(store, 1)
            assert again.id == goes.id
            folder_of(again).lock_file.touch()
            with monkeypatch.context() as patch:
                patch.setattr(run_reader, name, racing)
                found = looking()
            if looking == store.broken:
                assert found == []
            assert not goes.folder.exists()

    def test_runs_come_and_go_while_they_are_listed(self, store: Store) -> None:
        stays = kept(store, checkpoint=None)
        stop, failed = threading.Event(), []

        def come_and_go() -> None:
            try:
                while not stop.is_set():
                    store.remove(kept(store, 5))
            except BaseException as error:
                failed.append(error)

        worker = threading.Thread(target=come_and_go)
        worker.start()
        try:
            for _ in range(100):
                assert stays.id in ids(store.runs())
                store.broken()
                store.last_unfinished()
        finally:
            stop.set()
            worker.join()
        assert failed == []

    def test_a_run_that_ends_between_two_looks_is_not_interrupted(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = folder_of(kept(store, status=RunStatus.TRAINING))
        lock = Lock(folder.lock_file)
        assert lock.acquire()
        real = read_regular

        def ending(*arguments: Any) -> Any:
            content = real(*arguments)
            folder.write(info_of(folder, status=RunStatus.FINISHED))
            lock.release()
            return content

        monkeypatch.setattr(run_reader, "read_regular", ending)
        assert [(info.status, info.running) for info in store.runs()] == [(RunStatus.FINISHED, False)]


def test_the_parts_of_a_run_lie_in_its_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "20231114-221320")
    assert folder.id == "20231114-221320"
    assert {path.name for path in folder.known_files} == {
        "run.json",
        "curve.jsonl",
        "samples.jsonl",
        "checkpoint.safetensors",
        "best.safetensors",
        "exercise",
        "lock",
        "name",
        "pinned",
    }
    assert {path.parent for path in folder.known_files} == {folder.path}


def of_exercise(store: Store, number: int, **changes: Any) -> RunInfo:
    """A run that belongs to an exercise."""
    info = kept(store, number, **changes)
    RunFolder(info.folder).exercise_file.write_text("clipping\n", encoding="utf-8")
    return replace(info, exercise="clipping")


def test_runs_of_exercises_make_room_first_and_are_not_gone_on_with(store: Store) -> None:
    own = kept(store, 1, status=RunStatus.PAUSED)
    of_exercise(store, 2, status=RunStatus.PAUSED)
    newest = of_exercise(store, 3, status=RunStatus.PAUSED)
    assert [info.exercise for info in store.runs()] == ["clipping", "clipping", ""]
    assert store.find("last").id == own.id
    last = store.last_unfinished()
    assert last is not None
    assert last.id == own.id
    assert not worth_resuming(store.runs()[0])
    size = newest.checkpoint.stat().st_size if newest.checkpoint else 0
    assert size
    # The person's own run is the oldest, and stays.
    assert {info.exercise for info in store.prune(size)} == {"clipping"}
    assert store.find("last").checkpoint is not None
    store.remove(own)
    assert store.find("last").id == newest.id


def test_a_replay_takes_the_place_of_the_run_that_it_repeats(store: Store) -> None:
    ended: dict[str, Any] = {"status": RunStatus.FINISHED}
    repeated = of_exercise(store, 1, **ended)
    pinned = of_exercise(store, 2, **ended)
    store.pin(pinned, True)
    other = of_exercise(store, 3, recipe=Recipe(hidden=64), **ended)
    newest = of_exercise(store, 4, **ended)
    # One that was stopped replaces nothing.
    stopped = of_exercise(store, 5, recipe=Recipe(hidden=64), status=RunStatus.PAUSED)
    own = [kept(store, number, **ended) for number in (6, 7)]
    for info in (repeated, pinned, other, newest, stopped):
        RunFolder(info.folder).name_file.write_text("clipping-0\n", encoding="utf-8")
    assert [info.id for info in exercise_runs.make_room(store)] == [repeated.id]
    left = {info.id for info in (*own, pinned, other, newest, stopped)}
    assert {info.id for info in store.runs()} == left
    # The newest play is meant by the name that all have.
    assert store.find("clipping-0").id == stopped.id


@pytest.mark.parametrize("bound", ["MOST_RUNS", "MOST_BYTES"])
def test_the_oldest_runs_of_exercises_go_where_there_are_too_many(
    store: Store, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    own = kept(store, 0)
    runs = [of_exercise(store, number, recipe=Recipe(seed=number)) for number in range(1, 5)]
    most = {"MOST_RUNS": 2, "MOST_BYTES": sum(info.size for info in store.runs()[:2])}[bound]
    monkeypatch.setattr(exercise_runs, bound, most)
    assert [info.id for info in exercise_runs.make_room(store)] == [info.id for info in runs[:2]]
    assert {info.id for info in store.runs()} == {own.id, runs[2].id, runs[3].id}
