"""Characters of several code points are one on the screen, in cells that every terminal agrees on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.core.graphemes import whole_around, whole_characters
from lyricterm.core.sanitize import lyric_line

ENGLAND = "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng") + "\U000e007f"
FAMILY, THUMB, HEART, FLAG, KEYCAP, MARKED = "👨\u200d👩\u200d👧", "👍🏽", "❤\ufe0f", "🇨🇳", "1\ufe0f\u20e3", "e\u0301"
WHOLE = [FAMILY, THUMB, HEART, FLAG, ENGLAND, KEYCAP, MARKED, "각", "分", "a"]
PIECES = st.text(
    st.sampled_from("a分👨👩❤1#🇨🇳🏽\u200d\ufe0f\u20e3\u0301\u034f🏴\U000e0067\U000e007f\n می\u200c\u1100\u1161")
)


def test_each_is_one() -> None:
    text = "".join(WHOLE)
    assert [text[start:end] for start, end in whole_characters(text)] == WHOLE


@pytest.mark.parametrize(
    ("text", "picture", "cells"),
    [
        (FAMILY, "👨", 2),
        (THUMB, "👍", 2),
        (HEART, "❤", 1),
        (FLAG, "CN", 2),
        (KEYCAP, "1", 1),
        (ENGLAND, "🏴", 2),
        ("می\u200cخ", "میخ", 3),
    ],
)
def test_it_is_drawn_as_one_picture_without_what_cannot_be_shown(text: str, picture: str, cells: int) -> None:
    shown = lyric_line(text)
    assert shown.replace("\u034f", "") == picture
    assert len(shown) == len(text)
    assert sum(map(cell_len, shown)) == cell_len(shown) == cells


def test_joints_that_join_nothing_and_line_ends_are_seen() -> None:
    assert lyric_line("a\u200db\u200d\nc🏽") == "a\ufffdb\ufffd↵c\ufffd"


@given(PIECES)
def test_a_lyric_is_as_long_as_it_was_and_stays_as_it_is_shown(text: str) -> None:
    shown = lyric_line(text)
    assert len(shown) == len(text)
    assert lyric_line(shown) == shown
    assert sum(map(cell_len, shown)) == cell_len(shown)
    assert "\n" not in shown


@given(PIECES, st.integers(0, 9), st.integers(0, 9))
def test_a_part_of_a_text_never_cuts_a_character(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    first, last = whole_around(text, start, end)
    assert first <= start
    assert last >= end
    borders = {0, len(text), *(at for span in whole_characters(text) for at in span)}
    assert end == start or {first, last} <= borders
