"""Runs that are called by a name."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.errors import RunError
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_names import MAX_NAME, checked_name, spoken
from lyricterm.storage.run_store import RunInfo, Store
from lyricterm.training.resume import reopen
from tests.storage.kept import NOON, folder_of, kept


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def test_a_run_is_found_by_its_name_until_it_loses_it(store: Store) -> None:
    info, other = kept(store, 0), kept(store, 1)
    assert info.name == ""
    store.rename(info, "  best so far ")
    assert store.find("best so far").id == info.id
    assert store.find(info.id).name == "best so far"
    assert store.find(other.id).name == ""
    store.rename(info, "")
    assert not folder_of(info).name_file.exists()
    with pytest.raises(RunError, match="There is no run best so far"):
        store.find("best so far")
    store.rename(info, "")


def test_a_name_that_two_have_names_neither(store: Store) -> None:
    first, second = kept(store, 0), kept(store, 1)
    for info in (first, second):
        store.rename(info, "twin")
    with pytest.raises(RunError, match=f"Several runs are called twin: {second.id}, {first.id}; give the id"):
        store.find("twin")


def test_an_id_comes_before_a_name_and_a_name_before_a_beginning(store: Store) -> None:
    first, second = kept(store, 0), kept(store, 1)
    store.rename(first, second.id)
    assert store.find(second.id).id == second.id
    store.rename(first, second.id[:4])
    assert store.find(second.id[:4]).id == first.id


@pytest.mark.parametrize("name", ["x" * (MAX_NAME + 1), "a\nb", "\x1b[2J", "\u202e", "last", "-x"])
def test_what_cannot_be_a_name(store: Store, name: str) -> None:
    info = kept(store)
    store.rename(info, "before")
    with pytest.raises(RunError):
        store.rename(info, name)
    assert store.find(info.id).name == "before"


@given(st.text(max_size=80))
def test_a_name_is_short_and_can_be_shown(text: str) -> None:
    try:
        name = checked_name(text)
    except RunError:
        return
    assert len(name) <= MAX_NAME
    assert name == one_line(name) == name.strip()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 10_000, b"\x1b[2J", b"last", b"", b"\n\n"])
def test_a_foreign_name_file_is_no_name(store: Store, content: bytes) -> None:
    info = kept(store)
    folder_of(info).name_file.write_bytes(content)
    assert store.find(info.id).name == ""


def test_a_pipe_in_the_name_files_place_holds_nothing_up(store: Store) -> None:
    info = kept(store)
    os.mkfifo(folder_of(info).name_file)
    assert store.find(info.id).name == ""


def test_a_run_that_is_gone_cannot_be_named(store: Store) -> None:
    info = kept(store)
    store.remove(info)
    with pytest.raises(RunError, match="is gone"):
        store.rename(info, "x")


def test_a_folder_in_the_name_files_place_is_said(store: Store) -> None:
    info = kept(store)
    folder_of(info).name_file.mkdir()
    with pytest.raises(RunError, match="cannot be changed"):
        store.rename(info, "x")


def test_the_name_goes_with_the_run(store: Store) -> None:
    info = kept(store)
    store.rename(info, "x")
    store.remove(store.find("x"))
    assert not info.folder.exists()


@pytest.mark.parametrize("name", ["best", "v1.2", "a/b"])
def test_resume_takes_a_name(store: Store, name: str) -> None:
    info = kept(store)
    store.rename(info, name)
    recipe, _prepare = reopen(name, store, {})
    assert recipe == info.recipe


def test_every_run_has_two_words() -> None:
    words = {spoken(f"20261126-{number:06}") for number in range(2_000)}
    assert all(re.fullmatch("[a-z]{2,8}-[a-z]{2,8}", name) for name in words)
    # There are 67 times 87 pairs; 2,000 of them drawn at random are about 1,690 different ones.
    assert len(words) > 1_500
    assert spoken("20261126-120202") == spoken("20261126-120202")


def test_runs_that_share_their_words_are_told_apart_by_id(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = kept(store, 0)
    other = next(number for number in range(1, 60_000) if spoken(name_of(number)) == first.spoken)
    second = kept(store, other)
    with pytest.raises(RunError, match=f"Several runs are called {first.spoken}: .*{second.id}"):
        store.find(first.spoken)


def name_of(minutes: int) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(NOON + 60 * minutes))


def test_many_runs_are_found_in_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    infos = [kept(store, number) for number in range(5)]
    looks, real = [], store.listing

    def counted() -> tuple[list[RunInfo], list[tuple[str, str]]]:
        looks.append(1)
        return real()

    monkeypatch.setattr(store, "listing", counted)
    assert [info.id for info in store.find_all([info.spoken for info in infos])] == [info.id for info in infos]
    assert len(looks) == 1


def test_a_run_is_resumed_by_its_two_words(store: Store) -> None:
    info = kept(store, recipe=Recipe(hidden=9))
    recipe, _prepare = reopen(info.spoken, store, {})
    assert recipe.hidden == 9


def test_a_run_is_called_by_its_words_unless_another_is_called_so(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = kept(store, 0), kept(store, 1)
    assert store.called(first.id) == first.spoken
    assert store.called("gone") == "gone"
    store.rename(second, first.spoken)
    assert (store.called(first.id), store.called(second.id)) == (first.id, second.id)
    store.rename(second, "my best")
    assert (store.called(first.id), store.called(second.id)) == (first.spoken, "my best")
