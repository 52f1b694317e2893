"""Wrapping Chinese beside words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from lyricterm.app.wrap import wrap
from lyricterm.core.line_breaks import clause_breaks, line_breaks

MIXED = st.text(alphabet="分开，。你 ab-1（）", max_size=80)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("分开 你在我身边的时候", 10, ["分开 你在", "我身边的时", "候"]),
        ("第 88 个周期", 8, ["第 88 个", "周期"]),
        ("分开，你", 4, ["分", "开，", "你"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("ab分", 3, ["ab", "分"]),
        ("分11 。", 4, ["分", "11", "。"]),
        ("分开（-）你", 6, ["分开", "（-）", "你"]),
        ("分开（你", 6, ["分开", "（你"]),
        ("分开␣␣␣␣␣␣", 8, ["分开␣␣␣␣", "␣␣"]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert [line.plain.rstrip() for line in wrap(Text(text), width)] == lines


@given(MIXED, st.integers(2, 30))
def test_no_line_is_too_wide_and_nothing_is_lost_but_blanks(text: str, width: int) -> None:
    lines = [line.plain for line in wrap(Text(text), width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="ab ", max_size=80), st.integers(2, 30))
def test_words_that_fit_stay_whole(text: str, width: int) -> None:
    whole = {word for word in text.split() if len(word) <= width}
    assert whole <= {word for line in wrap(Text(text), width) for word in line.plain.split()}


def test_styles_stay_with_their_characters() -> None:
    text = Text.assemble(("分开", "bold"), "你我")
    first, second = wrap(text, 6)
    assert [(span.start, span.end) for span in first.spans] == [(0, 2)]
    assert second.plain == "我"
    assert second.spans == []


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one", 10, ["one"]),
        ("一二三四，五六七八九十。", 20, ["一二三四，", "五六七八九十。"]),
        ("一二三四五六七八九十一二", 20, ["一二三四五六", "七八九十一二"]),
        ("One two, three four five six", 20, ["One two,", "three four five six"]),
        ("One two, three four five six", 13, ["One two,", "three four", "five six"]),
        ("一（二），三四五", 10, ["一（二），", "三四五"]),
    ],
)
def test_lines_of_a_sentence_end_with_a_clause_or_are_even(text: str, width: int, lines: list[str]) -> None:
    parts = Text(text).divide(clause_breaks(text, width, cell_len))
    assert [line.plain.rstrip() for line in parts] == lines


@given(MIXED, st.integers(2, 30))
def test_clauses_take_no_more_lines(text: str, width: int) -> None:
    lines = [line.plain.rstrip() for line in Text(text).divide(clause_breaks(text, width, cell_len))]
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) == len(line_breaks(text, width, cell_len)) + 1
    assert "".join("".join(lines).split()) == "".join(text.split())
