"""Large texts are read once, and kept in bounded room."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.errors import LyrictermError
from lyricterm.core.paths import texts_folder
from lyricterm.core.settings import Recipe
from lyricterm.corpus import cache
from lyricterm.corpus import load as reader
from tests.corpus.reading import load

SONG = "And the rain\nAnd the wind\n风从窗边过\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH", 100)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.txt"
    path.write_text(SONG * 20 + "x\u200bx", encoding="utf-8")
    return path


def kept() -> list[Path]:
    return sorted(texts_folder().iterdir()) if texts_folder().exists() else []


def never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "chunks", lambda *arguments: pytest.fail("it is read"))


def test_it_is_read_once(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(song)
    assert len(kept()) == 1
    never_read(monkeypatch)
    again = load(song)
    assert again == first
    for name in ("files", "notes", "beginnings", "repeated", "beyond", "fingerprint", "characters"):
        assert getattr(again, name) == getattr(first, name)
    assert again.indices.tolist() == first.indices.tolist()
    assert again.indices.flags.writeable


def test_other_content_or_settings_are_another_text(song: Path) -> None:
    load(song)
    load(song, newlines="keep")
    song.write_text(SONG * 20 + "y", encoding="utf-8")
    assert str(load(song).text).endswith("y")
    assert len(kept()) == 3


def test_what_is_damaged_is_read_again(song: Path) -> None:
    first = load(song)
    (path,) = kept()
    content = path.read_bytes()
    for damaged in (b"", content[:5], content[:-4], content.replace(b"rain", b"ruin"), b"\xff" * 99, content + b"1234"):
        path.write_bytes(damaged)
        assert load(song) == first
        assert path.read_bytes() == content


def test_a_small_text_is_not_kept(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "WORTH", 10**6)
    load(song)
    assert kept() == []


def test_the_room_is_bounded_and_the_one_used_longest_ago_goes(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(song)
    (old,) = kept()
    os.utime(old, (1, 1))
    load(song, start=1)
    size = old.stat().st_size
    monkeypatch.setattr(cache, "ROOM", int(2.5 * size))
    load(song, start=2)
    assert len(kept()) == 2
    assert not old.exists()
    monkeypatch.setattr(cache, "ROOM", size)
    load(song, start=3)
    assert len(kept()) == 1


def test_a_disk_that_takes_nothing_is_no_failure(song: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert str(load(song).text).startswith("And the rain")


def test_how_far_reading_is_is_told_and_it_can_be_stopped(song: Path) -> None:
    told: list[tuple[int, int]] = []
    reader.load(reader_recipe(song), report=lambda done, total: told.append((done, total)))
    size = song.stat().st_size
    search = size // 4
    assert told == [(search, search + size), (search + size, search + size)]
    told.clear()
    reader.load(reader_recipe(song), report=lambda done, total: told.append((done, total)))
    assert told == [(search, search + size)] * 2

    # While it is looked up, while what was kept is checked, and, another text, while it is read.
    for text, looks in ((SONG * 20, 1), (SONG * 20, 2), (SONG * 30, 2)):
        song.write_text(text, encoding="utf-8")
        if text == SONG * 20:
            reader.load(reader_recipe(song))
        with pytest.raises(StopError):
            reader.load(reader_recipe(song), report=stops_at(looks))


class StopError(LyrictermError):
    """A person wants no more of it."""


def stops_at(looks: int) -> Callable[[int, int], None]:
    """Stops a reading when it is told for so many times how far it is."""
    told = 0

    def report(done: int, total: int) -> None:
        nonlocal told
        told += bool(total)
        if told == looks:
            raise StopError("stopped")

    return report


def reader_recipe(song: Path) -> Recipe:
    return Recipe(corpus=str(song))
