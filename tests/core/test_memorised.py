"""When a model is said to learn its text by heart."""

from __future__ import annotations

import math

import pytest

from lyricterm.core.memorised import BestHeldOut, better, is_by_heart
from lyricterm.core.metrics import EpochMetrics

BEST = BestHeldOut(10, held_out=200.0, training=100.0)


@pytest.mark.parametrize(
    ("best", "epoch", "held_out", "training", "by_heart"),
    [
        (BEST, 20, 300.0, 50.0, True),
        # Neither is one bad epoch a rise, nor a little.
        (BEST, 12, 300.0, 50.0, False),
        (BEST, 20, 205.0, 50.0, False),
        # Where both rise, the training has gone wrong.
        (BEST, 20, 300.0, 150.0, False),
        (BEST, 20, math.inf, math.inf, False),
        (BEST, 20, math.nan, 50.0, False),
        (None, 20, 300.0, 50.0, False),
    ],
)
def test_by_heart(best: BestHeldOut | None, epoch: int, held_out: float, training: float, by_heart: bool) -> None:
    assert is_by_heart(best, epoch, held_out, training) is by_heart


def test_the_best_epoch_is_the_first_with_the_lowest_held_out_perplexity() -> None:
    best = None
    for epoch, held_out in enumerate([math.nan, math.inf, 300.0, 200.0, 200.0, 250.0], 1):
        best = better(best, EpochMetrics(epoch, perplexity=50.0 - epoch, valid_perplexity=held_out))
    assert best == BestHeldOut(4, held_out=200.0, training=46.0)
