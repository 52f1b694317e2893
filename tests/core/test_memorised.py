"""When a model is said to learn its text by heart."""

from __future__ import annotations

import math

import pytest

from lyricterm.core.memorised import SEVERAL, BestHeldOut, better, is_by_heart
from lyricterm.core.metrics import EpochMetrics

BEST = BestHeldOut(10, held_out=200.0, training=100.0)
RISEN = [300.0] * SEVERAL
ON_THE_BUILT_IN_TEXT = "432 461 337 411 322 377 312 347 305 348 330 306 285 305 286 302 291 326 325 301 311 306 323"
"""Held-out perplexities of the first epochs of consecutive sampling, else the chapter's settings, seed 0."""


@pytest.mark.parametrize(
    ("best", "epoch", "held_out", "training", "by_heart"),
    [
        (BEST, 20, RISEN, 50.0, True),
        # Neither are a few bad epochs a rise, nor a little.
        (BEST, 14, [300.0] * 4, 50.0, False),
        (BEST, 20, [300.0, 300.0, 205.0, 300.0, 300.0], 50.0, False),
        (BEST, 20, [205.0] * 5, 50.0, False),
        # Where both rise, the training has gone wrong.
        (BEST, 20, RISEN, 150.0, False),
        (BEST, 20, [math.inf] * 5, math.inf, False),
        (BEST, 20, [math.nan] * 5, 50.0, False),
        (None, 20, RISEN, 50.0, False),
    ],
)
def test_by_heart(best: BestHeldOut | None, epoch: int, held_out: list[float], training: float, by_heart: bool) -> None:
    assert is_by_heart(best, epoch, held_out, training) is by_heart


def test_the_best_epoch_is_the_first_with_the_lowest_held_out_perplexity() -> None:
    best = None
    for epoch, held_out in enumerate([math.nan, math.inf, 300.0, 200.0, 200.0, 250.0], 1):
        best = better(best, EpochMetrics(epoch, perplexity=50.0 - epoch, valid_perplexity=held_out))
    assert best == BestHeldOut(4, held_out=200.0, training=46.0)


def test_it_is_not_said_of_a_line_that_goes_up_and_down() -> None:
    """There each of the first odd epochs is better than the even one before it, by up to a quarter."""
    best, said = None, []
    held_out = [float(each) for each in ON_THE_BUILT_IN_TEXT.split()]
    for epoch, each in enumerate(held_out, 1):
        best = better(best, EpochMetrics(epoch, perplexity=1000.0 - epoch, valid_perplexity=each))
        if is_by_heart(best, epoch, held_out[max(0, epoch - SEVERAL) : epoch], 1000.0 - epoch):
            said.append(epoch)
    assert best is not None
    assert best.epoch == 13
    assert said == [22, 23]
