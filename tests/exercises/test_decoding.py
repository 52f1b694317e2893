"""The exercise on ways of decoding: what it measures, and what it says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lyricterm.core.commands import Quit
from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.events import Event, Examined, Finished
from lyricterm.core.run_data import DecodingTrial
from lyricterm.exercises.base import Verdict
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.decoding import DECODINGS, DRAWN, distinct, own_perplexity
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.repetition import distinct_share
from lyricterm.training.examinations import decoded_with, prefixes_from
from lyricterm.training.session import Session
from tests.exercises.results import seeded, small, trained, verdict, waiting

ALL_NEW = "天地玄黄宇宙洪荒日月盈昃辰宿列张"
ROUND = "春夏秋冬" * 4


def tried(result: RunResult, texts: dict[Decoding, str], loss: float = 2.0, copied: float = 0.25) -> RunResult:
    """A run whose finished model wrote these; everything else as greedy."""
    trials = [DecodingTrial(each, "我", texts.get(each, texts[GREEDY]), loss, copied) for each in DECODINGS]
    return replace(result, trials=tuple(trials))


def told(greedy: Sequence[str], drawn: Sequence[str]) -> Verdict:
    """What is said where greedy decoding and drawing wrote these, a text a seed."""
    (run,) = waiting("decoding")
    results = seeded(run, 90, 40) if len(greedy) > 1 else [trained(run, 90, 40)]
    written = zip(results, greedy, drawn, strict=True)
    return verdict("decoding", [tried(result, {GREEDY: one, DRAWN: other}) for result, one, other in written])


@pytest.mark.parametrize(
    ("text", "share"),
    [("春夏秋冬春夏秋冬", 4 / 5), (ALL_NEW, 1.0), ("啊啊啊啊啊啊啊", 1 / 4), ("春夏秋", math.nan), ("", math.nan)],
)
def test_the_share_of_distinct_groups(text: str, share: float) -> None:
    assert distinct_share(text, 4) == pytest.approx(share, nan_ok=True)


@pytest.mark.parametrize(
    ("greedy", "drawn", "sentence", "repeats"),
    [
        ([ROUND] * 3, [ALL_NEW] * 3, "repeats itself more than drawing at temperature 1: 31 % of its groups", True),
        ([ALL_NEW] * 3, [ROUND] * 3, "repeats itself less than drawing at temperature 1: 100 % of its groups", False),
        ([ROUND, ALL_NEW, ROUND], [ALL_NEW, ROUND, ROUND], "cannot be told apart by how much they repeat", False),
        ([ROUND], [ALL_NEW], "With this one seed 31 % of the groups of 4 characters that greedy", False),
    ],
)
def test_what_is_said(greedy: list[str], drawn: list[str], sentence: str, repeats: bool) -> None:
    spoken = told(greedy, drawn)
    assert sentence in spoken.conclusion
    assert spoken.findings["greedy repeats more"] is repeats
    assert "25 % of what is written greedily" in spoken.told[-1]
    # exp(2), whatever was written.
    assert "own perplexity is 7.39 for what it writes greedily" in spoken.why[1]


def test_the_loops_are_counted_and_every_way_has_a_row() -> None:
    spoken = told([ROUND] * 3, [ALL_NEW] * 3)
    assert "Measured: 100 % of the greedy texts end in a loop and 0 % of the drawn ones" in spoken.why[1]
    rows = spoken.tables[1].rows
    assert len(rows) == len(DECODINGS)
    assert rows[0] == ("greedy", "31 %", "100 %", "25 %", "7.39", f"我{ROUND}"[:15])
    assert rows[-1][:3] == ("temperature 1", "100 %", "0 %")


def test_a_model_that_did_not_learn() -> None:
    (run,) = waiting("decoding")
    spoken = verdict("decoding", [trained(run, 2_000)])
    assert spoken.conclusion.startswith("The model did not learn with every seed")
    assert spoken.findings["greedy repeats more"] is None
    assert len(spoken.tables) == 1
    assert EXERCISES["decoding"].charts([trained(run, 2_000)])


def test_a_character_that_the_model_thinks_impossible() -> None:
    (run,) = waiting("decoding")
    result = tried(trained(run, 50), {GREEDY: ROUND}, loss=math.inf)
    assert own_perplexity(GREEDY)(result) == math.inf
    assert math.isnan(distinct(Decoding(top_k=3))(result))


def test_beginnings_stand_in_the_text_after_a_blank() -> None:
    text = "".join(f"{chr(0x4E00 + i)}行歌词 " for i in range(200))
    found = prefixes_from(text)
    assert 10 <= len(found) <= 16
    assert all(f" {prefix}" in f" {text}" for prefix in found)
    assert prefixes_from("歌词") == ("歌词",)
    assert prefixes_from("") == ()


@pytest.mark.parametrize("leaves", [False, True])
def test_nobody_waits_for_all_ways_of_decoding_who_leaves(tmp_path: Path, leaves: bool) -> None:
    events: list[Event] = []

    def report(event: Event) -> None:
        events.append(event)
        if leaves and isinstance(event, Examined):
            session.send(Quit())

    recipe = small(tmp_path, epochs=1)
    session = Session(recipe, report, stop_at_end=True, at_end=decoded_with(DECODINGS))
    session.run()
    kinds = list(map(type, events))
    assert kinds.count(Examined) == (1 if leaves else len(DECODINGS))
    assert kinds.count(Finished) == 1
