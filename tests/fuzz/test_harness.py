"""The harness catches what it is there to catch, and the mutations are what they say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from tests.fuzz import harness
from tests.fuzz.harness import fuzz
from tests.fuzz.mutate import BLIND, GONE, INNER, SAFETENSORS, Mutation, mutants, places, replaced

GOOD = b"a good file " * 20


def fine(content: bytes, loaded: object) -> None:
    """Whatever is loaded is right."""


def crash(path: Path) -> bytes:
    return path.read_bytes()[10**6 :][0:1] or bytes([path.read_bytes()[10**6]])


def take(path: Path) -> bytes:
    return bytes(1 << 30)


def hide(path: Path) -> bytes:
    try:
        return take(path)
    except MemoryError as error:
        raise CorpusError("It cannot be read.") from error


def hang(path: Path) -> None:
    try:
        time.sleep(60)
    except Exception as error:
        raise CorpusError("It cannot be read.") from error


def refuse(sentence: str) -> Callable[[Path], None]:
    def load(path: Path) -> None:
        error = CorpusError("")
        error.args = (sentence,)
        raise error

    return load


CAUGHT: dict[str, tuple[Callable[[Path], object], str]] = {
    "another error": (crash, "IndexError"),
    "much memory": (take, "MemoryError"),
    "much memory behind a refusal": (hide, "came of a lack of memory"),
    "hanging": (hang, "HangsError"),
    "no sentence": (refuse("It cannot be read"), "AssertionError"),
    "two lines": (refuse("It cannot\nbe read."), "AssertionError"),
    "an escape sequence": (refuse("\x1b[2J cannot be read."), "AssertionError"),
    "a page": (refuse("It cannot be read. " * 999), "AssertionError"),
}


@pytest.mark.parametrize("kind", CAUGHT)
def test_what_is_caught(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "SECONDS", 0.5)
    load, words = CAUGHT[kind]
    with pytest.raises(AssertionError, match=rf"case 0 \(240 bytes.*{words}"):
        fuzz([GOOD], load, fine, tmp_path / "file")


def test_what_loads_is_checked(tmp_path: Path) -> None:
    def check(content: bytes, loaded: bytes) -> None:
        assert loaded == content[:9]

    with pytest.raises(AssertionError, match="case 1"):
        fuzz([b"short", GOOD], Path.read_bytes, check, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == GOOD


def test_outcomes_are_counted(tmp_path: Path) -> None:
    def load(path: Path) -> bytes:
        if b"\xff" in path.read_bytes():
            raise CorpusError("It cannot be read.")
        return path.read_bytes()

    outcomes = fuzz([b"a", b"\xff", b"b\xff", b"c"], load, fine, tmp_path / "file")
    assert (outcomes.loaded, outcomes.refused, outcomes.all) == (2, 2, 4)
    assert outcomes.kinds == {"CorpusError": 2}


@pytest.mark.parametrize("mutation", [*BLIND, *dict.fromkeys(SAFETENSORS)], ids=lambda mutation: mutation.__name__)
def test_each_mutation_takes_anything_and_changes_something(mutation: Mutation) -> None:
    for seed in (b"", b"x", GOOD, b"\x02" + bytes(7) + b"{}", b"\x0e" + bytes(7) + b'{"name": "[]"}data'):
        made = list(mutants([seed], 30, 1, [mutation], share=1.0))
        assert len(made) == 30
        assert made == list(mutants([seed], 30, 1, [mutation], share=1.0))
        assert made != list(mutants([seed], 30, 2, [mutation], share=1.0)) or len(seed) < 2
    assert sum(content != GOOD for content in mutants([GOOD], 100, 3, [mutation], share=1.0)) > 80


def test_places_in_json_and_in_the_json_within() -> None:
    tree = {"a": [1, {"b": None}], "c": json.dumps({"d": ["e"]})}
    found = list(places(tree))
    assert found == [
        (),
        ("a",),
        ("a", 0),
        ("a", 1),
        ("a", 1, "b"),
        ("c",),
        ("c", INNER),
        ("c", INNER, "d"),
        ("c", INNER, "d", 0),
    ]
    assert replaced(tree, ("a", 1, "b"), 5) == {"a": [1, {"b": 5}], "c": tree["c"]}
    assert replaced(tree, ("c", INNER, "d", 0), None) == {"a": tree["a"], "c": '{"d": [null]}'}
    assert replaced(tree, ("a",), GONE) == {"c": tree["c"]}
    assert tree == {"a": [1, {"b": None}], "c": '{"d": ["e"]}'}
