"""The figures of an epoch: what follows from each declaration, and what a new one takes."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from lyricterm.core import metrics
from lyricterm.core.i18n import translator
from lyricterm.core.metrics import METRICS, SUMMARIES, EpochMetrics, Metric, cells, columns, last, mean, summed_up

NAN = math.nan


def test_json_keeps_its_names_and_their_order() -> None:
    told = EpochMetrics(3, 10.5, 2.5, 0.25, 8e4, 7.5, 0.5, 12.0, 2.75).to_dict()
    assert list(told.items()) == [
        *(("epoch", 3), ("perplexity", 10.5), ("loss", 2.5), ("seconds", 0.25), ("chars_per_second", 8e4)),
        *(("grad_norm", 7.5), ("clipped", 0.5), ("valid_perplexity", 12.0), ("valid_loss", 2.75)),
    ]


def test_every_field_but_the_epoch_is_a_metric_with_a_title_in_each_language() -> None:
    assert list(METRICS) == [each.name for each in fields(EpochMetrics)][1:]
    english = [each.title for each in METRICS.values()]
    assert english == [
        *("perplexity", "loss", "s/epoch", "chars/s", "gradient norm", "clipped", "held out", "held-out loss"),
    ]
    translator.use("zh")
    assert all(each.title not in english for each in METRICS.values())


def test_what_was_not_measured_is_nan_and_shown_as_nothing() -> None:
    bare = EpochMetrics(1)
    assert all(math.isnan(getattr(bare, name)) for name in METRICS)
    assert set(cells(bare, METRICS)) == {"–"}


def test_cells_have_each_metrics_own_format() -> None:
    assert cells(EpochMetrics(3, 10.55, math.inf, 0.25, 80_000, 7.5, 0.5), METRICS) == (
        *("10.6", "∞", "0.25", "80,000", "7.50", "50 %", "–", "–"),
    )


def test_the_best_of_some_values() -> None:
    assert METRICS["perplexity"].best([NAN, 3.0, 2.0, math.inf]) == 2.0
    assert METRICS["chars_per_second"].best([3.0, 2.0]) == 3.0
    assert math.isnan(METRICS["perplexity"].best([NAN]))
    with pytest.raises(ValueError, match="clipped"):
        METRICS["clipped"].best([1.0])


def test_a_run_is_summed_up_by_its_latest_epochs() -> None:
    epochs = [EpochMetrics(number, seconds=float(number)) for number in range(1, 21)]
    told = summed_up(epochs)
    assert (told.epoch, told.seconds) == (20, sum(range(11, 21)) / 10)
    assert math.isnan(told.chars_per_second)
    assert math.isnan(told.perplexity), "run.json says that"
    assert math.isnan(summed_up([]).seconds)
    assert mean([NAN, math.inf, -1.0, 4.0]) == 4.0
    assert (last([1.0, 2.0]), math.isnan(last([]))) == (2.0, True)


def test_a_column_that_no_row_has_is_left_out_if_it_is_optional() -> None:
    declared = {"seconds": Metric("time", optional=True), "loss": Metric("loss")}
    assert list(columns([EpochMetrics(1), EpochMetrics(2)], declared)) == ["loss"]
    assert list(columns([EpochMetrics(1), EpochMetrics(2, seconds=1.0)], declared)) == ["seconds", "loss"]
    assert "valid_loss" not in columns([EpochMetrics(1, loss=2.0)])
    assert "valid_loss" in columns([EpochMetrics(1, valid_loss=2.0)])
    assert set(SUMMARIES) == {"seconds", "chars_per_second", "valid_perplexity"}


def test_the_module_declares_nothing_twice() -> None:
    names = [each.name for each in metrics.METRICS.values()]
    assert len(set(names)) == len(names)
