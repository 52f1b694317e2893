"""Paths that were pasted or dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyricterm.core.pasted_path import pasted


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
