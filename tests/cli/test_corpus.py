"""``lyricterm corpus``: what the chapter prints of a text."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.paths import datasets_folder
from lyricterm.corpus import datasets
from lyricterm.corpus.datasets import Copy, DataSet
from tests.cli.calls import Call, strict

Caller = Callable[..., Call]

SONG = "想要有直升机\n想要和你飞到宇宙去\r\n想要和你融化在一起\n" * 30


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.txt"
    path.write_text(SONG, encoding="utf-8", newline="")
    return path


def test_the_beginning_the_length_the_vocabulary_and_the_indices(call: Caller, song: Path) -> None:
    done = call("corpus", song, "--max-chars", 100)
    assert (done.code, done.err) == (0, "")
    printed = dict(line.split(": ", 1) for line in done.out.splitlines())
    used = SONG.replace("\n", " ").replace("\r", " ")[:100]
    assert printed["first 40 characters"] == used[:40]
    assert printed["length"] == f"100 characters used of {len(SONG):,}"
    assert printed["vocabulary size"] == str(len(set(used)))
    assert printed["chars"] == used[:20]
    indices = ast.literal_eval(printed["indices"])
    assert [sorted(set(used))[index] for index in indices] == list(used[:20])


def test_json(call: Caller, song: Path) -> None:
    done = call("corpus", song, "--json")
    (line,) = done.out.splitlines()
    row = strict(line)
    used = SONG.replace("\n", " ").replace("\r", " ")
    figures = {"corpus", "first", "total", "characters", "vocabulary", "chars", "indices"}
    assert row.keys() == figures | {"files", "repeated", "beginnings", "notes"}
    assert row["files"] == [{"name": str(song), "characters": len(SONG), "encoding": "UTF-8", "confidence": 1}]
    assert (row["beginnings"], row["notes"]) == (["想要"], [])
    assert row["repeated"] == round(1 - 3 / 90, 3)
    assert (row["corpus"], row["first"], row["chars"]) == ("song.txt", used[:40], used[:20])
    assert (row["total"], row["characters"], row["vocabulary"]) == (len(SONG), len(SONG), len(set(used)))


def test_the_embedded_lyrics(call: Caller) -> None:
    row = strict(call("corpus", "--json").out)
    assert row["corpus"] == "demo-zh"
    assert row["characters"] == 20_000
    assert row["total"] >= 24_000
    assert 1_200 <= row["vocabulary"] <= 2_600


def test_a_text_cannot_steer_the_terminal(call: Caller, tmp_path: Path) -> None:
    path = tmp_path / "\x1b]0;title\x07.txt"
    path.write_text("\x1b[2J\u202e\x9b31m 我", encoding="utf-8")
    done = call("corpus", path)
    assert done.code == 0
    assert all(line.isprintable() for line in done.out.splitlines())


@pytest.mark.parametrize("count", ["0", "1", "-5", "9" * 400], ids=lambda count: count[:12])
def test_too_few_or_too_many_characters(call: Caller, song: Path, count: str) -> None:
    done = call("corpus", song, "--max-chars", count)
    assert (done.code, done.out) == (2, "")
    assert "--max-chars" in done.sentence()


def test_fetching_a_data_set(call: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    song = tmp_path / "mine.txt"
    song.write_text("rain on the roof", encoding="utf-8")
    copy = Copy("http://127.0.0.1:9/nobody", 16, hashlib.sha256(song.read_bytes()).hexdigest())
    monkeypatch.setitem(datasets.DATASETS, "songs", DataSet("songs.txt", (copy,), "For study only."))
    failed = call("corpus", "fetch", "songs")
    assert failed.code == 1
    assert "For study only." in failed.err
    assert "songs cannot be fetched: the server cannot be reached" in failed.err
    done = call("corpus", "fetch", "songs", "--from", song)
    assert done.code == 0
    assert "train on it with: lyricterm --corpus songs" in done.out
    assert call("corpus", "songs").out.startswith("corpus: songs\n")
    assert call("corpus", "songs", "--from", "5", "--json").code == 0
    assert "there is: jaychou" in call("corpus", "fetch", "opera").sentence()
    assert "Say which data set to fetch: jaychou" in call("corpus", "fetch").sentence()


def test_a_copy_of_a_data_set_that_is_damaged(call: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (path := datasets_folder() / "jaychou_lyrics.txt.zip").parent.mkdir(parents=True)
    path.write_bytes(b"PK\x03\x04 cut off")
    sentence = "The copy of the data set jaychou is damaged; fetch it again with lyricterm corpus fetch jaychou."
    assert sentence in call("corpus", "jaychou").sentence()


def test_several_texts_and_where_they_begin(call: Caller, song: Path) -> None:
    row = strict(call("corpus", song, song, "--from", 3, "--max-chars", 4, "--json").out)
    assert (row["corpus"], row["first"], len(row["files"])) == ("song.txt, song.txt", "直升机 ", 2)
    assert "--from" in call("corpus", song, "--from", "many").sentence()


def test_the_files_are_counted_and_the_column_of_a_table_is_named(call: Caller, song: Path, tmp_path: Path) -> None:
    table = tmp_path / "songs.csv"
    table.write_text("title,lyrics\nA,rain on the roof\n", "utf-8")
    printed = call("corpus", song, table).out.splitlines()
    assert f"read: {table}, column lyrics, 17 characters, UTF-8" in printed
    assert "files: 2" in printed
    assert strict(call("corpus", table, "--json").out)["files"][0]["column"] == "lyrics"
