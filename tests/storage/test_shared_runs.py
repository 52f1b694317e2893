"""A visitor sees the server's runs and cannot change them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.errors import RunError
from lyricterm.core.visitor import VARIABLE, Visitor, told
from lyricterm.storage.run_store import RunInfo, Store
from lyricterm.storage.shared_runs import SharedStore, is_shared, open_store
from lyricterm.training.resume import from_run
from tests.storage.kept import kept


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The server's runs; this process is a visitor's."""
    store = Store(tmp_path / "server")
    for name, value in told(Visitor(shared_runs=str(store.root))).items():
        monkeypatch.setenv(name, value)
    return store


def test_without_a_server_the_runs_are_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert type(open_store()) is Store


def test_a_visitor_sees_both_and_their_own_first_of_the_same_id(shared: Store) -> None:
    theirs, hidden = kept(shared, 1), kept(shared, 2)
    store = open_store()
    own, same = kept(store, 3), kept(store, 2)
    assert [info.folder for info in store.runs()] == [own.folder, same.folder, theirs.folder]
    assert list(store.newest_first()) == store.runs()
    assert hidden.id == same.id
    assert is_shared(store.find(theirs.id))
    assert not is_shared(store.find(own.id))


@pytest.mark.parametrize("change", [
    lambda store, info: store.pin(info, True),
    lambda store, info: store.rename(info, "mine"),
    lambda store, info: store.remove(info),
])  # fmt: skip
def test_nothing_of_the_servers_can_be_changed(shared: Store, change: Callable[[Store, RunInfo], None]) -> None:
    info = kept(shared)
    before = contents(shared.root)
    with pytest.raises(RunError, match="the server's; it can be looked at, but not changed"):
        change(open_store(), info)
    assert contents(shared.root) == before


def test_the_servers_checkpoints_neither_count_nor_go_when_a_visitors_are_pruned(shared: Store) -> None:
    theirs = kept(shared, checkpoint=1_000)
    store = open_store()
    own = kept(store, 1, checkpoint=100)
    assert isinstance(store, SharedStore)
    assert store.prune(500) == []
    assert [info.id for info in store.prune(50)] == [own.id]
    assert shared.find(theirs.id).checkpoint is not None


def test_a_visitor_goes_on_from_a_shared_run_in_a_run_of_their_own(shared: Store) -> None:
    info = kept(shared)
    before = contents(shared.root)
    from_run(info, {})
    assert contents(shared.root) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
