"""A list of many runs that is read again and again: what has not changed is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.storage import read_runs
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_reader import read_run
from lyricterm.storage.run_store import Store
from tests.storage.kept import NOON, folder_of, info_of, kept


def settle(info: RunInfo) -> None:
    """The folder as if nothing had happened in it for an hour."""
    for path in (folder_of(info).run_file, info.folder):
        os.utime(path, (NOON, NOON))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the runs that are read from here on."""
    found: list[str] = []

    def counted(folder: RunFolder) -> RunInfo:
        found.append(folder.id)
        return read_run(folder)

    monkeypatch.setattr(read_runs, "read_run", counted)
    return found


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, read: list[str]) -> None:
    store = Store(tmp_path / "runs")
    infos = [kept(store, number, status=RunStatus.FINISHED) for number in range(4)]
    for info in infos:
        settle(info)
    before = store.runs()
    assert sorted(read) == sorted(info.id for info in infos)
    read.clear()
    assert store.runs() == before
    assert read == []
    pinned, named, trained, written = infos
    store.pin(pinned, True)
    store.rename(named, "mine")
    folder_of(written).write(info_of(folder_of(written), status=RunStatus.FINISHED, epoch=7))
    lock = Lock(folder_of(trained).lock_file)
    assert lock.acquire()
    try:
        found = {info.id: info for info in store.runs()}
    finally:
        lock.release()
    assert found[pinned.id].pinned
    assert found[named.id].name == "mine"
    assert found[written.id].epoch == 7
    assert found[trained.id].running
    assert not {info.id: info for info in store.runs()}[trained.id].running
    store.remove(written)
    assert written.id not in {info.id for info in store.runs()}


def test_a_fresh_change_is_never_taken_for_none(tmp_path: Path, read: list[str]) -> None:
    store = Store(tmp_path / "runs")
    info = kept(store, status=RunStatus.FINISHED)
    store.runs()
    store.runs()
    assert read.count(info.id) == 2, "two changes may have one time of modification"


def test_a_run_named_by_its_id_is_read_alone(tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "runs")
    first, second = kept(store, 0), kept(store, 1)
    monkeypatch.setattr(store, "listing", None)
    assert store.find(first.id).id == first.id
    monkeypatch.undo()
    assert store.find("last").id == second.id


def written_when_they_say(infos: list[RunInfo]) -> None:
    for info in infos:
        os.utime(folder_of(info).run_file, (info.updated, info.updated))


def test_the_newest_runs_are_found_without_the_others(tmp_path: Path, read: list[str]) -> None:
    store = Store(tmp_path / "runs")
    infos = [kept(store, number) for number in range(20)]
    assert list(store.newest_first()) == store.runs(), "the files are newer than what stands in them"
    written_when_they_say(infos)
    (store.root / "no-run").mkdir()
    folder_of(infos[18]).run_file.write_text("{")
    folder_of(infos[19]).exercise_file.write_text("clipping")
    read.clear()
    assert store.find("last").id == infos[17].id, "neither an exercise's nor a damaged one"
    assert set(read) == {infos[17].id, infos[18].id, infos[19].id}
    assert list(store.newest_first()) == store.runs()
    unfinished = store.last_unfinished()
    assert unfinished is not None
    assert unfinished.id == infos[17].id


def test_the_newest_runs_are_right_whatever_the_files_say(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    infos = [kept(store, number, updated=NOON + number % 3) for number in range(9)]
    for i, info in enumerate(infos):
        # Copied in some order, or rounded by the file system: never older than what stands in them, but for rounding.
        os.utime(folder_of(info).run_file, (NOON + 7, info.updated + (5 * i % 4) - 1))
    assert list(store.newest_first()) == store.runs()
