"""Curves and samples as they are read back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyricterm.core.metrics import METRICS, EpochMetrics, summed_up
from lyricterm.core.run_data import Mark, Sample
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.run_log import Curve, last_sample, latest, read_curve, read_samples, recent_epochs


def row(epoch: Any, **changed: Any) -> dict[str, Any]:
    figures = dict(zip(METRICS, (10.5, 2.5, 0.25, 80_000.0, 7.5, 0.5, 11.5, 2.75), strict=True))
    return {"epoch": epoch} | figures | changed


def mark(**changed: Any) -> dict[str, Any]:
    return {"mark": {"epoch": 40.5, "minibatch": 2, "axis": "clipping", "old": True, "new": False} | changed}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines.jsonl"


def test_epochs_and_marks_in_order(path: Path) -> None:
    rows = [row(1), row(2), mark(), {"diverged": [3, 2, "loss"]}, row(3, perplexity=math.inf, loss=math.nan)]
    append_lines(path, rows)
    curve = read_curve(path)
    assert [epoch.epoch for epoch in curve.epochs] == [1, 2, 3]
    assert curve.epochs[0] == EpochMetrics(1, 10.5, 2.5, 0.25, 80_000.0, 7.5, 0.5, 11.5, 2.75)
    assert curve.epochs[2].perplexity == math.inf
    assert math.isnan(curve.epochs[2].loss)
    assert curve.marks == (Mark(40.5, 2, "clipping", True, False),)


def test_a_curve_of_another_version_has_figures_more_or_less(path: Path) -> None:
    older = row(1)
    del older["clipped"]
    append_lines(path, [older, row(2, tomorrow=7.0, also=[1])])
    first, second = read_curve(path).epochs
    assert (first.loss, math.isnan(first.clipped)) == (2.5, True)
    assert second == EpochMetrics(2, 10.5, 2.5, 0.25, 80_000.0, 7.5, 0.5, 11.5, 2.75)


def test_what_lies_behind_a_resume_point_is_gone(path: Path) -> None:
    """A flip in minibatch 27 of the run, lost in a kill: it goes on from minibatch 25, epoch 3, minibatch 3."""
    flips = [mark(minibatch=number, epoch=number / 11) for number in (24, 25, 27)]
    append_lines(path, [row(1), row(2), *flips, {"diverged": [3, 4, "loss"]}, {"diverged": [3, 6, "loss"]}])
    append_lines(path, [{"resumed": 2, "minibatch": 3, "minibatches": 25}, mark(minibatch=30, epoch=2.7), row(3)])
    curve = read_curve(path)
    assert [each.minibatch for each in curve.marks] == [24, 30]
    # Where it stands it may have diverged.
    assert curve.divergences == ((3, 4),)


def test_a_resume_point_of_an_earlier_version_says_only_the_epoch(path: Path) -> None:
    append_lines(path, [mark(epoch=2.5), mark(epoch=3.0), {"diverged": [3, 9, "loss"]}, {"diverged": [4, 1, "loss"]}])
    append_lines(path, [{"resumed": 2}])
    curve = read_curve(path)
    assert [each.epoch for each in curve.marks] == [2.5]
    assert curve.divergences == ((3, 9),)


def test_a_divergence_that_comes_again_is_one(path: Path) -> None:
    told = {"diverged": [3, 4, "loss"]}
    append_lines(path, [told, {"resumed": 2, "minibatch": 3, "minibatches": 25}, told])
    assert read_curve(path).divergences == ((3, 4),)


def test_a_mark_is_written_as_it_always_was(path: Path) -> None:
    flipped = Mark(40.5, 2, "prefixes", ("a",), ("b", "c"))
    append_lines(path, [{"mark": flipped.to_dict()}])
    assert path.read_text() == (
        '{"mark": {"epoch": 40.5, "minibatch": 2, "axis": "prefixes", "old": ["a"], "new": ["b", "c"]}}\n'
    )
    assert read_curve(path).marks == (flipped,)


def test_the_later_row_of_an_epoch_counts(path: Path) -> None:
    append_lines(path, [row(1), row(2, perplexity=5.0), row(3), row(2, perplexity=4.0)])
    curve = read_curve(path)
    assert [(epoch.epoch, epoch.perplexity) for epoch in curve.epochs] == [(1, 10.5), (2, 4.0), (3, 10.5)]


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"epoch": 7},
        row("7"),
        row(True),
        row(-1),
        row(7.0),
        row(2**54),
        row(7, loss="x"),
        row(7, clipped=[]),
        row(7, seconds=10**400),
        {"mark": None},
        mark(axis=1),
        mark(minibatch="2"),
        mark(epoch=None) | {"mark": {"axis": "lr"}},
        mark(old={"deep": []}),
        mark(new=[1]),
        mark(new=None),
    ],
    ids=repr,
)
def test_foreign_rows_are_skipped(path: Path, foreign: dict[str, Any]) -> None:
    append_lines(path, [row(1), foreign, row(2)])
    curve = read_curve(path)
    assert ([epoch.epoch for epoch in curve.epochs], curve.marks) == ([1, 2], ())


def test_a_mark_of_prefixes(path: Path) -> None:
    append_lines(path, [mark(axis="prefixes", old=["a"], new=["a", "b"])])
    assert read_curve(path).marks == (Mark(40.5, 2, "prefixes", ("a",), ("a", "b")),)


def test_samples(path: Path) -> None:
    def sample(epoch: Any, prefix: Any, text: Any = "x", perplexity: Any = 2.5) -> dict[str, Any]:
        return {"epoch": epoch, "perplexity": perplexity, "prefix": prefix, "text": text}

    rows = [sample(50, "a"), sample(100, "a", "old"), sample(100, "b"), sample(100, "a", "new"), sample(50, "b")]
    append_lines(path, [*rows, sample("x", "a"), sample(1, 2), sample(1, "a", 3), sample(1, "a", "x", "y"), {}])
    samples = read_samples(path)
    assert [(sample.epoch, sample.prefix, sample.text) for sample in samples] == [
        (50, "a", "x"),
        (50, "b", "x"),
        (100, "a", "new"),
        (100, "b", "x"),
    ]
    assert latest(samples) == [Sample(100, 2.5, "a", "new"), Sample(100, 2.5, "b", "x")]
    assert latest([]) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([[0, 1], [2, 4]], ((0, 1), (2, 4))),
        ([], ()),
        (None, None),
        ([[0, 5]], None),
        ([[2, 1]], None),
        ([[0, 2], [1, 3]], None),
        ([[-1, 2]], None),
        ([["a", "b"]], None),
        ([0, 1], None),
        ("ab", None),
        (7, None),
    ],
)
def test_where_a_sample_is_copied(path: Path, written: Any, read: Any) -> None:
    append_lines(path, [{"epoch": 1, "perplexity": 2.5, "prefix": "a", "text": "wxyz", "copied_at": written}])
    (sample,) = read_samples(path)
    assert sample.copied_at == read


def test_the_last_sample_and_the_recent_epochs_are_what_the_whole_file_says(path: Path) -> None:
    samples: list[dict[str, Any]]
    samples = [{"epoch": e, "perplexity": 2.5, "prefix": p, "text": f"{e}{p}"} for e in (10, 20, 30) for p in "ab"]
    again = [{"epoch": 20, "perplexity": 2.5, "prefix": p, "text": f"again {p}"} for p in ("a", "b", "a")]
    for rows in (samples, [*samples, {"resumed": 20}], [*samples, {"resumed": 15}, *again], [*samples, {}], []):
        path.unlink(missing_ok=True)
        append_lines(path, rows)
        assert last_sample(path, 4_096) == next(iter(latest(read_samples(path))), None)
    path.unlink(missing_ok=True)
    curves = [[row(1)], [row(e) for e in range(2, 40)], [mark(), {"resumed": 35, "minibatch": 0}, row(36), mark()]]
    for rows in curves:
        append_lines(path, rows)
        assert summed_up(recent_epochs(path, 1 << 20)) == summed_up(read_curve(path).epochs)
    assert len(recent_epochs(path, 1 << 20)) < len(read_curve(path).epochs)


def test_no_files(tmp_path: Path) -> None:
    assert read_curve(tmp_path / "missing") == Curve()
    assert read_samples(tmp_path / "missing") == []
    assert recent_epochs(tmp_path / "missing", 100) == ()
    assert last_sample(tmp_path / "missing", 100) is None


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text('{}[]":,0123456789.epochmark\n').map(str.encode))
def test_any_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert all(isinstance(epoch, EpochMetrics) for epoch in read_curve(path).epochs)
    assert all(isinstance(sample, Sample) for sample in read_samples(path))
    assert all(isinstance(epoch, EpochMetrics) for epoch in recent_epochs(path, 200))
    last = last_sample(path, 200)
    assert last is None or isinstance(last, Sample)
