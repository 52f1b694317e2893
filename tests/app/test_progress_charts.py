"""What the studio's panels show of a run's progress."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.app.progress_charts import captions, loss_view, mark_label, norm_view, perplexity_view
from lyricterm.app.widgets.titled import fitting
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.run_data import CurveData, HeldOutFacts
from lyricterm.plotting import blocks
from tests.app.desk import mark, progress, series

NUMBERS = st.one_of(st.floats(min_value=0, max_value=sys.float_info.max), st.just(math.inf), st.just(math.nan))


def test_the_longest_words_that_fit() -> None:
    texts = ("perplexity 10.1", "困惑度 10.1", "10.1")
    assert fitting(texts, 15) == "perplexity 10.1"
    assert fitting(texts, 14) == "困惑度 10.1"
    assert fitting(texts, 10) == "10.1"
    assert fitting(texts, 1) == "10.1"
    assert fitting((), 9) == ""


@pytest.mark.parametrize(
    ("setting", "old", "new", "label"),
    [
        ("sampling", "random", "consecutive", "consecutive"),
        ("activation", "tanh", "relu", "ReLU"),
        ("clipping", True, False, "clipping off"),
        ("theta", 5.0, 2.0, "theta 2"),
        ("pred_period", 50, 1, "sample every 1"),
    ],
)
def test_marks(setting: str, old: str, new: str, label: str) -> None:
    assert mark_label(mark(setting, old, new)) == label


def test_perplexity_runs_from_certainty_to_guessing_on_a_log_scale() -> None:
    chart = perplexity_view(progress(perplexity=series(1447.0, math.sqrt(1447), 1.0)), 1447).chart
    shares = [chart.upwards.share(chart.height(value)) for value in chart.series[0].values]
    assert shares == pytest.approx([1.0, 0.5, 0.0])
    assert chart.log


def test_the_share_of_clipped_minibatches() -> None:
    assert norm_view(progress(clipped=0.754)).titles[0].endswith("clipped 75 %")
    assert norm_view(progress(clipped=math.nan)).titles == ("gradient 1,240", "1,240")


def test_marks_stand_where_they_took_effect() -> None:
    told = progress(
        epoch=8,
        minibatch=0,
        loss=series(*[1.0] * 100, width=4),
        grad_norm=series(*[1.0] * 100, width=4),
        marks=(mark("lr", 0.2, 0.5, epoch=2.0, minibatch=100),),
    )
    for view in (loss_view(told, 10), norm_view(told), perplexity_view(told, 10)):
        (drawn,) = view.chart.changes
        assert view.chart.whole.share(drawn.place) == 0.25
        assert drawn.words == "learning rate 0.5"


def test_a_divergence_is_off_the_scale_at_once() -> None:
    chart = loss_view(progress(loss=series(7.2, 6.0, 5.0, 429_738.0)), 1447).chart
    assert chart.beyond(429_738.0)
    assert not chart.beyond(7.2)
    chart = norm_view(progress(grad_norm=series(100.0, 200.0, 150.0, 1e20))).chart
    assert chart.beyond(1e20)


def test_a_run_that_stays_far_off_is_shown_where_it_is() -> None:
    chart = loss_view(progress(loss=series(7.2, *[400.0] * 10)), 1447).chart
    assert not chart.beyond(400.0)


def test_captions_say_nothing_twice() -> None:
    told = progress()
    assert captions(loss_view(told, 1447), scaled=True) == ()
    assert captions(loss_view(told, 1447), scaled=False)[0] == "2.31 … 7.20"
    # The ends of its scale are 1 and guessing, which the title names.
    assert captions(perplexity_view(told, 1447), scaled=True) == ("best 10.1", "")
    # A small gradient is no aim.
    assert "best" not in "".join(captions(norm_view(told), scaled=False))


HELD_OUT = HeldOutFacts(4_000, 12, 7, frequencies=301.0, bigram=204.0)
RISING = {"held_out": series(379.0, 250.0, 561.0, width=29), "best_held_out": BestHeldOut(40, 250.0, 300.0)}


def test_the_held_out_text_is_a_second_line_between_what_it_is_measured_by() -> None:
    view = perplexity_view(progress(**RISING), 1447, HELD_OUT)
    trained, held_out = view.chart.series
    assert (trained.values, held_out.values) == ((1400.0, 300.0, 49.0, 10.1), (379.0, 250.0, 561.0))
    assert (trained.dotted, held_out.dotted) == (False, True)
    assert [(level.value, level.name) for level in view.chart.levels] == [
        (1.0, "1 best"),
        (1447.0, "1,447 guessing"),
        (301.0, "301 frequencies"),
        (204.0, "204 bigram"),
    ]
    # The border has the words of this sign.
    assert [(mark.place, mark.words) for mark in held_out.marks] == [(40.0, "")]
    assert view.titles[0] == "perplexity: training text 10.1 · ⠂⠂ held out 561"


def test_words_for_a_model_that_memorises() -> None:
    assert captions(perplexity_view(progress(**RISING), 1447), scaled=True)[0] == (
        "memorising since epoch 40 · held out at best 250"
    )
    falling = {"held_out": series(379.0, 250.0), "best_held_out": BestHeldOut(87, 250.0, 10.1)}
    assert captions(perplexity_view(progress(**falling), 1447), scaled=True)[0] == "held out at best 250, epoch 87"


def test_what_is_off_the_scale_is_said() -> None:
    told = progress(loss=series(7.0, 9_000.0, 5.0))
    assert captions(loss_view(told, 1447), scaled=True)[0] == "highest 9,000"


@given(
    st.lists(NUMBERS, max_size=50),
    st.one_of(NUMBERS, st.just(-math.inf)),
    st.one_of(NUMBERS, st.just(-math.inf)),
    st.integers(0, 100_000),
)
def test_no_numbers_are_too_odd_for_a_view(points: list[float], low: float, high: float, vocabulary: int) -> None:
    odd = CurveData(tuple(points), 1, low, high, points[-1] if points else math.nan)
    told = progress(loss=odd, perplexity=odd, grad_norm=odd)
    for view in (loss_view(told, vocabulary), perplexity_view(told, vocabulary), norm_view(told)):
        assert all(title for title in view.titles)
        grid = blocks.draw(view.chart, 60, 5)
        drawn = "".join(text for row in range(5) for text, _style in grid.runs(row))
        words = "".join((*view.titles, *captions(view, scaled=True), *captions(view, scaled=False), drawn))
        assert "inf" not in words
        assert "nan" not in words
