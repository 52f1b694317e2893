"""Tables as lines: every cell in its column, and where there is little room, as many columns as fit."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from lyricterm.exercises.columns import aligned, folded
from lyricterm.reports.table import Table

TABLE = Table(
    "", ("run", "perplexity", "state", "best"), [("随机", "12.0", "overflow: epoch 1", "9"), ("b", "∞", "", "10")]
)


def test_words_stand_left_and_numbers_right() -> None:
    assert aligned(TABLE) == [
        "run   perplexity              state  best",
        "随机        12.0  overflow: epoch 1     9",
        "b              ∞                       10",
    ]


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (41, ["run", "perplexity", "state", "best"]),
        (40, ["run", "perplexity", "state"]),
        (30, ["run", "perplexity", "best"]),
        (20, ["run", "perplexity"]),
        (3, ["run", "perplexity"]),
    ],
)
def test_a_column_that_does_not_fit_gives_way_to_those_behind_it(width: int, titles: list[str]) -> None:
    lines = aligned(TABLE, width)
    assert lines[0].split() == titles
    assert all(cell_len(line) <= max(width, 16) for line in lines)


def test_columns_without_room_follow_below() -> None:
    assert folded(TABLE, 41) == [aligned(TABLE)]
    assert folded(TABLE, 20) == [
        ["run   perplexity", "随机        12.0", "b              ∞"],
        ["run               state", "随机  overflow: epoch 1", "b"],
        ["run   best", "随机     9", "b       10"],
    ]
