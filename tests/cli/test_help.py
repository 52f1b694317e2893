"""Help fits the screen it is printed on, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.cli.help import wrap
from tests.cli.calls import Call

TEXTS = st.text(st.sampled_from("ab-,.|语料，。（）：字 "), max_size=120)


@settings(deadline=None)
@given(TEXTS, st.integers(10, 80))
def test_nothing_is_lost_when_lines_are_broken(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "")


@settings(deadline=None)
@given(st.text(st.sampled_from("ab语料，。 "), max_size=120), st.integers(10, 80))
def test_lines_fit_and_are_filled(text: str, width: int) -> None:
    # Words of more than a line's width cannot be broken; here, words of letters are kept short.
    words = [word[:4] for word in text.split()]
    lines = wrap(" ".join(words), width)
    assert all(cell_len(line) <= width for line in lines)
    assert all(cell_len(line) > width - 10 for line in lines[:-1])


def test_wide_characters_may_end_a_line_but_closing_marks_do_not_begin_one() -> None:
    assert wrap("语料的字符，隐藏层", 10) == ["语料的字", "符，隐藏层"]
    assert wrap("use --batch for more", 11) == ["use --batch", "for more"]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "command",
    [
        [],
        ["train"],
        ["complete"],
        ["corpus"],
        ["bench"],
        ["serve"],
        ["watch"],
        ["exercise"],
        ["runs"],
        ["runs", "show"],
        ["runs", "rm"],
    ],
    ids=lambda words: " ".join(words) or "lab",
)
def test_help_is_no_wider_than_the_screen(
    call: Callable[..., Call], monkeypatch: pytest.MonkeyPatch, language: str, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = call("--lang", language, *command, "--help")
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if cell_len(line) > 80] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_lines_of_the_usage_stand_under_each_other(
    call: Callable[..., Call], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    usage = call("--lang", language, "train", "--help").out.partition("\n\n")[0].splitlines()
    begin = cell_len(usage[0].partition("[")[0])
    assert len(usage) > 3
    assert {len(line) - len(line.lstrip()) for line in usage[1:]} == {begin}
    assert all(cell_len(line) <= 80 for line in usage)
    assert all(character.isprintable() for line in usage for character in line)
