"""One way to write JSON: strict, exact, and safe to look at."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.sanitize import safe
from lyricterm.core.strict_json import decoded, encoded, readable, strict

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


def test_what_json_has_no_word_for() -> None:
    assert strict({"a": math.inf, "b": [-math.inf, math.nan], "c": (1, "x")}) == {
        "a": "inf",
        "b": ["-inf", None],
        "c": [1, "x"],
    }


@given(VALUES)
def test_both_ways_say_the_same_and_are_read_back(value: object) -> None:
    line = readable({"v": value})
    assert json.loads(line) == strict({"v": value}) == decoded(encoded({"v": value}))
    assert encoded(value).isascii()
    assert safe(line) == line


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\x7f", "\u202e", "\u2066", "\u200d", "\ufeff", "\ud800"])
def test_nothing_steers_a_terminal_or_turns_a_line_round(character: str) -> None:
    line = readable({"a": [character], character: 1})
    assert character not in line
    assert json.loads(line) == {"a": [character], character: 1}


@pytest.mark.parametrize("content", [b"NaN", b"[Infinity]", b"\xff", b"", b"[" * 100_000])
def test_what_is_no_strict_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        decoded(content)
