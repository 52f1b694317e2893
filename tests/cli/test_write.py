"""``lyricterm write``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypinyin

from tests.cli.calls import Call

Caller = Callable[..., Call]


def test_a_song_with_title_rhymes_and_refrain(call: Caller, saved: Path) -> None:
    flags = ("--lines", 2, "--rhyme", "AA", "--form", "VRVR", "--line-length", "4-6", "--seed", 3, "--title", "身边")
    done = call("write", "--checkpoint", saved, *flags)
    assert (done.code, done.err) == (0, "")
    title, *parts = done.out.rstrip("\n").split("\n\n")
    assert title == "身边"
    verses = [part.splitlines() for part in parts]
    assert [len(verse) for verse in verses] == [2, 2, 2, 2]
    assert verses[1] == verses[3] != verses[0]
    for above, below in verses:
        assert 4 <= len(above) <= 6
        finals = [pypinyin.pinyin(line[-1], style=pypinyin.Style.FINALS)[0][0] for line in (above, below)]
        assert finals[0] == finals[1]
    assert call("write", "--checkpoint", saved, *flags).out == done.out
    row = call("write", "--checkpoint", saved, *flags, "--json").rows[0]
    assert row == {"title": "身边", "parts": verses, "unmet": []}


def test_what_is_not_met_is_said(call: Caller, saved: Path) -> None:
    done = call("write", "--checkpoint", saved, "--lines", 1, "--acrostic", "X")
    assert done.code == 1
    assert len(done.out.splitlines()) == 1
    assert "cannot begin with X" in done.sentence()


def test_a_form_that_cannot_be(call: Caller, saved: Path) -> None:
    for flags in (("--lines", 0), ("--line-length", "9-5"), ("--line-length", "x"), ("--form", "Q"), ("--beam", 99)):
        done = call("write", "--checkpoint", saved, *flags)
        assert (done.code, done.out) == (2, "")
        assert flags[0] in done.sentence()
