"""Perplexity between its best, its baseline and its worst."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.perplexity import perplexity

from .runs import TEXT, small, start


def test_best_is_one() -> None:
    assert perplexity(0.0) == 1.0


@pytest.mark.parametrize("loss", [math.inf, math.nan, 710.0, 1e300])
def test_overflow_is_infinity_not_an_exception(loss: float) -> None:
    assert perplexity(loss) == math.inf


@given(st.floats(0, 709))
def test_exponential_of_the_mean_loss(loss: float) -> None:
    assert perplexity(loss) == pytest.approx(math.e**loss, rel=1e-12)


def test_baseline_is_the_size_of_the_vocabulary() -> None:
    trainer = start(small(), dtype=torch.float64)
    trainer.model.parameters.flat.zero_()
    assert perplexity(trainer.step().loss) == pytest.approx(len(set(TEXT)))
