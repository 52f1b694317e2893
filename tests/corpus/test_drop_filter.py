"""Lines that are left out: in bounded time, and in few bytes a line."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.corpus import drop_filter, seen_lines
from lyricterm.corpus.drop_filter import may_be_slow
from lyricterm.corpus.seen_lines import SeenLines
from tests.corpus.reading import load


def test_an_expression_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_filter, "_PATIENCE", 0.5)
    path = tmp_path / "a.txt"
    path.write_text("a" * 60 + "!\nrain\n")
    with pytest.raises(CorpusError) as caught:
        load(path, drop=("rain", r"(a+)+$"))
    assert str(caught.value) == (
        "--drop rain (a+)+$ takes too long; write it without a repetition within a repetition."
    )


@pytest.mark.parametrize("expressions", [(r"\(Chorus\)", "NOTE"), (r"\(Chor.*\)", "NO+TE")])
def test_it_finds_the_same_in_a_process_of_its_own(expressions: tuple[str, ...], tmp_path: Path) -> None:
    assert any(map(may_be_slow, expressions)) == (expressions[1] == "NO+TE")
    path = tmp_path / "a.txt"
    path.write_bytes("(Chorus)\r\n雨 NOTE\n\nrain (Chorus)\nNOTE".encode())
    found = load(path, newlines="keep", drop=expressions)
    assert found.text == "雨 \n\nrain \n"
    assert "left out: 4." in found.notes[0]


def test_lines_that_were_there_are_known_across_pieces() -> None:
    numbers = random.Random(1)
    pieces = [[str(numbers.randrange(400)) for _ in range(numbers.randrange(90))] for _ in range(60)]
    seen, ours = SeenLines(), set[str]()
    for piece in pieces:
        expected = []
        for line in piece:
            expected.append(line not in ours)
            ours.add(line)
        assert seen.are_new(piece) == expected


def test_no_more_lines_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_lines, "MOST", 100)
    seen = SeenLines()
    for start in range(0, 300, 30):
        assert all(seen.are_new([str(number) for number in range(start, start + 30)]))
    again = seen.are_new([str(number) for number in range(300)])
    assert again.count(False) == 100


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"min_count": 9}, "has no character that is used 9 times; give a smaller --min-count."),
        ({"drop": (".*",)}, "write an expression that matches less."),
        ({"start": 99}, "has 10 characters, and --from leaves out all of them; give a smaller number."),
    ],
)
def test_settings_that_leave_nothing(settings: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("rain\nwind\n")
    with pytest.raises(CorpusError) as caught:
        load(path, **settings)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)
