"""Lyrics on a terminal: the lines of the song are kept whole where they fit."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len

from lyricterm.cli.narration import TextNarrator
from lyricterm.cli.sample_lines import lyric_lines
from lyricterm.core.events import EpochDone, Finished, Generated
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Sample
from tests.app.desk import progress, series


def test_lines_break_between_the_lines_of_a_song() -> None:
    text = "分开 想要有直升机 想要和你飞到宇宙去 rain on the roof"
    assert lyric_lines(text, 20) == ["分开 想要有直升机", "想要和你飞到宇宙去", "rain on the roof"]
    assert lyric_lines(text, 80) == [text]


@pytest.mark.parametrize("text", ["", " ", "  两  格 ", "想要有直升机" * 20, "a" * 100, "春" * 9 + " " + "b" * 50])
def test_nothing_is_lost_and_nothing_is_too_wide(text: str) -> None:
    lines = lyric_lines(text, 20)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= 20 for line in lines)


def test_an_infinite_perplexity_is_a_sign(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = TextNarrator()
    narrator.tell(Generated(1, Sample(3, math.inf, "春", "风")))
    narrator.tell(Generated(1, Sample(4, 2.5, "春", "风")))
    narrator.tell(Finished(1, 4, math.inf, 2.0))
    told = capsys.readouterr()
    assert told.out.splitlines()[::2] == ["epoch 3, perplexity ∞", "epoch 4, perplexity 2.500000"]
    assert "inf" not in told.err


def test_what_becomes_of_the_held_out_text_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    narrator, best = TextNarrator(), BestHeldOut(3, 250.0, 300.0)
    told = {"held_out": series(379.0, 250.0, *[400.0] * 4, 561.0), "perplexity": series(900.0, 300.0, 100.0)}
    for epoch in (12, 13):
        narrator.tell(progress(epoch=epoch, best_held_out=best, **told))
    narrator.tell(EpochDone(1, EpochMetrics(13)))
    narrator.tell(Finished(1, 13, 100.0, 2.0))
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith("lyricterm: epoch 12 · since epoch 3 the perplexity of") for line in lines].count(True) == 1
    assert lines[-1] == "lyricterm: held-out perplexity 561, at best 250 in epoch 3"
