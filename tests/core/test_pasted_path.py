"""Paths that were pasted or dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyricterm.core.pasted_path import pasted, path_of


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b.txt", "/a/b.txt"),
        ("'/a b/c.txt'", "/a b/c.txt"),
        ('"/a b/c.txt" ', "/a b/c.txt"),
        ("file:///a%20b/%E6%AD%8C.txt", "/a b/歌.txt"),
        ("file://localhost/a.txt", "/a.txt"),
        (r"/a\ b/c\(1\).txt", "/a b/c(1).txt"),
        (r"a\\b.txt", r"a\b.txt"),
        (r"'/a/it'\''s.txt'", "/a/it's.txt"),
        (r"/a b/it\'s.txt", "/a b/it's.txt"),
        ('"/a b"/c.txt', "/a b/c.txt"),
        ("FILE:///a%20b#1?.txt", "/a b#1?.txt"),
        ("file://", ""),
        ("''", ""),
        ("'a' 'b'", "'a' 'b'"),
        ("it's.txt", "it's.txt"),
        ("file://box/a.txt", "file://box/a.txt"),
        ("demo-zh", "demo-zh"),
        (" spaced", " spaced"),
        ("'", "'"),
        ("a\0b", "a\0b"),
        ("", ""),
    ],
)
def test_what_is_meant(text: str, path: str) -> None:
    assert pasted(text) == path


@pytest.mark.parametrize("name", ["'quoted'", r"a\ b", "file:"])
def test_what_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    assert pasted(name) == name


def test_blanks_that_a_terminal_adds_to_a_file(tmp_path: Path) -> None:
    there = tmp_path / "a song.txt"
    there.touch()
    assert pasted(f" {there} \n") == str(there)


@pytest.mark.parametrize(
    ("there", "typed"), [("re\u0301sume\u0301.txt", "r\xe9sum\xe9.txt"), ("caf\xe9", "cafe\u0301")]
)
def test_an_accent_may_be_written_in_two_ways(there: str, typed: str, tmp_path: Path) -> None:
    (tmp_path / there).touch()
    assert pasted(f"{tmp_path}/{typed}") == pasted(f"'{tmp_path}/{typed}'") == f"{tmp_path}/{there}"
    (tmp_path / typed).touch()
    assert pasted(f"{tmp_path}/{typed}") == f"{tmp_path}/{typed}"
    assert pasted(f"{tmp_path}/nowhere/{typed}") == f"{tmp_path}/nowhere/{typed}"


def test_a_home_folder_in_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("'~/a b.txt'") == tmp_path / "a b.txt"
    assert path_of("~nobody-at-all/a.txt") == Path("~nobody-at-all/a.txt")
