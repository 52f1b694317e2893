"""Anything that a session may report, in its most extreme shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from lyricterm.core.events import (
    Completed,
    Diverged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Generated,
    Noticed,
    Progress,
    Refused,
    Saved,
    Started,
    StatusChanged,
    Stopped,
)
from lyricterm.core.metrics import METRICS, EpochMetrics
from lyricterm.core.run_data import CurveData, Facts, Mark, Sample, Values
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import FACTS

Value = TypeVar("Value")

TEXTS = (
    *("", "分开", "你我\n在身边\t\r", "[b]x[/b] [/] [@click=app.quit]y[/]", "No [b].", "x" * 500, "开" * 500),
    *("\x1b[2J\x1b]0;title\x07\x9b31m", "\u202eabc\u2066\u200b", "\ud800x\udfff", "\0\x08\x7f\u2028\u2029\x85"),
    *("👩‍👩‍👧‍👦🇨🇳❤️é", "á̂̃̄" * 20, " " * 200, "a\nb\nc\nd\ne\nf\ng\nh"),
)
FIGURES = (0.0, 1e-300, 0.5, 1.0, 49.4, 1447.0, 9e9, 1.7e308, math.inf)
COUNTS = (0, 1, 2, 87, 10_000_000, 2**63 - 1)
RUNS = (-1, 0, 1, 2, 2**63)

SERIES = (
    CurveData(),
    CurveData((math.inf,), latest=math.inf),
    CurveData((math.inf,) * 600, latest=math.inf),
    CurveData((0.0,), low=0.0, high=0.0, latest=0.0),
    CurveData((1.7e308, 1e-300), 2**40, 1e-300, 1.7e308, 1e-300),
    CurveData((1.7e308,) * 511, 2**40, 1.7e308, 1.7e308, 1.7e308),
    CurveData(tuple(10 / (i + 1) for i in range(512)), 7, 10 / 512, 10.0, 10 / 512),
    CurveData((3.0, math.inf, 2.0), 1, 2.0, 3.0, 2.0),
    CurveData((7.0,), 1, 7.0, 7.0, math.nan),
)

RECIPES = (
    Recipe(),
    Recipe(clipping=False, theta=1e9, lr=1e6, activation="relu", sampling="consecutive", detach=False),
    Recipe(theta=1e-300, lr=5e-324, hidden=16_384, steps=10_000, batch=65_536, epochs=10_000_000, seed=2**63 - 1),
    Recipe(max_chars=1_000_000_000, pred_period=10_000_000, pred_len=10_000, epochs=1, cell="lstm", prefixes=()),
    Recipe(
        corpus="/tmp/\x1b[2J\u202e" + "x" * 300,
        prefixes=("\x1b[2J\x07", "\u202e", "\ud800", "[b]", "a|b\\", "开" * 1_000),
    ),
    Recipe(corpus="[b]\n[/]", engine="reference", device="cpu", threads="256", prefixes=("\n\t\r", "👩‍👩‍👧‍👦🇨🇳")),
)

PENDING: tuple[Values, ...] = (
    (),
    (("sampling", "consecutive"),),
    (("sampling", "random"), ("steps", 10_000), ("batch", 65_536)),
)

MARKS = tuple(
    Mark(epoch, minibatch, setting, old, new)
    for epoch, minibatch in ((0.0, 0), (40.5, 2), (1e7, 2**63))
    for setting, old, new in (
        ("clipping", True, False),
        ("theta", 5.0, 1e-300),
        ("sampling", "random", "consecutive"),
        ("batch", 1, 65_536),
    )
)

FACTS_TOLD = (
    FACTS,
    Facts("x" * 300, 10**12, 1, "cuda " + "H" * 100, 0, 10**12, frozenset()),
    Facts("开" * 100, 2, 2, "cpu", 256, 0, frozenset("ab")),
    Facts("[b]", 2, 1_114_112, "cpu", 1, 1, frozenset(map(chr, range(300)))),
)


def one_of(pool: Sequence[Value]) -> st.SearchStrategy[Value]:
    """One of a pool that would be too long to name in full."""
    return st.integers(0, len(pool) - 1).map(lambda number: pool[number])


_runs, _counts, _figures = one_of(RUNS), one_of(COUNTS), one_of(FIGURES)
_texts, _recipes, _series = one_of(TEXTS), one_of(RECIPES), one_of(SERIES)


def _completed(run: int, request: int, typed: str, text: str, figure: float, sure: float) -> Completed:
    return Completed(run, request, typed, tuple(typed[:3]), text, (sure,) * len(text), request, 1, figure)


PROGRESS: st.SearchStrategy[Progress] = st.builds(
    Progress,
    run=_runs,
    recipe=_recipes,
    pending=one_of(PENDING),
    epoch=_counts,
    minibatch=_counts,
    minibatches=_counts,
    loss=_series,
    perplexity=_series,
    grad_norm=_series,
    clipped=st.sampled_from((0.0, 0.5, 1.0)),
    chars_per_second=_figures,
    seconds_left=st.sampled_from((None, *FIGURES)),
    marks=one_of(((), MARKS[:1], MARKS[:4], MARKS, MARKS[1:] * 20)),
    threads=st.sampled_from((0, 1, 256)),
)

REPORTS: st.SearchStrategy[Event] = st.one_of(
    PROGRESS,
    st.builds(StatusChanged, _runs, st.sampled_from(RunStatus)),
    st.builds(Started, _runs, _recipes, one_of(FACTS_TOLD), _counts),
    st.builds(Generated, _runs, st.builds(Sample, _counts, _figures, _texts, _texts)),
    st.builds(_completed, _runs, st.integers(0, 50), _texts, _texts, _figures, st.sampled_from((0.0, 0.5, 1.0))),
    st.builds(Diverged, _runs, _counts, _counts, st.sampled_from(("loss", "gradient", ""))),
    st.builds(Refused, _runs, _texts),
    st.builds(Noticed, _runs, _texts),
    st.builds(Failed, _runs, _texts),
    st.builds(Finished, _runs, _counts, _figures, _figures),
    st.builds(EpochDone, _runs, st.builds(EpochMetrics, _counts, *[_figures] * len(METRICS))),
    st.builds(Stopped, _runs, _counts, _counts),
    st.builds(Saved, _runs, _texts, _counts),
)
"""One of every kind; of any run, as nothing orders the numbers of runs but the session."""
