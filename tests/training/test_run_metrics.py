"""What is saved of a run's curves comes back; what is damaged never raises, and never reaches the screen."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyricterm.app.progress_charts import loss_view, norm_view, perplexity_view
from lyricterm.core.events import Progress
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Mark
from lyricterm.core.settings import Recipe
from lyricterm.engine.trainer_state import Applied, Step
from lyricterm.training.bounded_curve import CAPACITY, BoundedCurve
from lyricterm.training.run_metrics import RunMetrics

VALUES = st.one_of(st.just(math.nan), st.floats(min_value=0), st.floats(min_value=0, max_value=50))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([2**53, 10**400, -1, 1e308, -0.0, "inf", "hidden", "lr", "prefixes"]),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=6)
)
CHANGES = st.sampled_from(
    [
        Applied("sampling", "random", "consecutive"),
        Applied("lr", 0.5, 0.1),
        Applied("detach", True, False),
        Applied("batch", 32, 7),
        Applied("prefixes", ("分开",), ("我", "你")),
    ]
)
STEPS = st.lists(st.tuples(VALUES, VALUES, st.lists(CHANGES, max_size=2), st.booleans()), max_size=40)


def saved(record: Any) -> Any:
    """Through strict JSON and back."""
    return json.loads(json.dumps(record, allow_nan=False))


def shown(curve: BoundedCurve) -> str:
    return repr(curve.series())


def record_of(steps: list[tuple[float, float, list[Applied], bool]], times: int) -> RunMetrics:
    """A record of so many minibatches, some of which end an epoch or overflow."""
    record, epoch = RunMetrics(), 1
    for number, (loss, norm, changes, ends) in enumerate(steps * times):
        figures = EpochMetrics(epoch, loss, loss, 1.0, 1.0, norm, 0.0) if ends else None
        overflow = None if math.isfinite(loss) and math.isfinite(norm) else "loss"
        record.add(Step(epoch, number % 11 + 1, loss, norm, norm > 5, tuple(changes), figures, overflow), 10, 11, 0.5)
        epoch += ends
    return record


def check_drawable(record: RunMetrics) -> None:
    """Whatever the record says, the panels can show it."""
    progress = Progress(
        run=1,
        recipe=Recipe(),
        pending=(),
        epoch=1,
        minibatch=1,
        minibatches=11,
        loss=record.loss.series(),
        perplexity=record.perplexity.series(),
        grad_norm=record.grad_norm.series(),
        clipped=record.clipped,
        chars_per_second=record.chars_per_second,
        seconds_left=None,
        marks=tuple(record.marks),
    )
    loss_view(progress, 40)
    perplexity_view(progress, 40)
    norm_view(progress)
    for series in (progress.loss, progress.perplexity, progress.grad_norm):
        finite = [point for point in series.points if math.isfinite(point)]
        assert not any(math.isnan(point) for point in series.points)
        assert all(series.low <= point * (1 + 1e-9) for point in finite)


@given(st.lists(VALUES, max_size=60), st.sampled_from([1, 1, 2, 20, 70]))
def test_a_curve_comes_back_and_goes_on(values: list[float], times: int) -> None:
    curve = BoundedCurve()
    for value in values * times:
        curve.add(value)
    again = BoundedCurve.from_dict(saved(curve.to_dict()))
    assert shown(again) == shown(curve)
    for value in (*values, 1.0, math.inf):
        curve.add(value)
        again.add(value)
        assert shown(again) == shown(curve)
    assert len(again.series().points) <= CAPACITY


@settings(max_examples=50)
@given(STEPS, st.sampled_from([1, 2, 30]))
def test_a_record_comes_back(steps: list[tuple[float, float, list[Applied], bool]], times: int) -> None:
    record = record_of(steps, times)
    again = RunMetrics.from_dict(saved(record.to_dict()))
    for name in ("loss", "perplexity", "grad_norm"):
        assert shown(getattr(again, name)) == shown(getattr(record, name))
    assert list(again.marks) == list(record.marks)
    assert (again.minibatches, again.seconds) == (record.minibatches, record.seconds)
    assert again.clipped == pytest.approx(record.clipped, nan_ok=True)
    check_drawable(again)


def scored(held_out: list[float], clipped: bool = True) -> RunMetrics:
    """A record of epochs of two minibatches each, whose perplexity falls by one an epoch from 50."""
    record = RunMetrics()
    for epoch, value in enumerate(held_out, 1):
        figures = EpochMetrics(epoch, 50.0 - epoch, valid_perplexity=value)
        record.add(Step(epoch, 1, 1.0, 9.0, clipped, (), None, None), 10, 2, 0.5)
        record.add(Step(epoch, 2, 1.0, 9.0, clipped, (), figures, None), 10, 2, 0.5)
    return record


def test_the_held_out_curve_and_its_best_epoch_come_back() -> None:
    record = scored([300.0, 200.0, 250.0])
    again = RunMetrics.from_dict(saved(record.to_dict()))
    assert again.held_out.series().points == (300.0, 200.0, 250.0)
    assert again.best_held_out == record.best_held_out == BestHeldOut(2, 200.0, 48.0)
    assert again.clipped == 1.0
    # What goes on from there weighs in minibatch by minibatch, over one epoch.
    again.add(Step(4, 1, 1.0, 1.0, False, (), None, None), 10, 2, 0.5)
    assert again.clipped == 0.5
    again.add(Step(4, 2, 1.0, 1.0, False, (), None, None), 10, 2, 0.5)
    assert again.clipped == 0.0


def test_what_an_earlier_version_did_not_save_comes_from_the_curve() -> None:
    plain = scored([300.0, 200.0, 250.0]).to_dict()
    for name in ("clipped", "held_out", "best_held_out"):
        del plain[name]
    again = RunMetrics.from_dict(saved(plain))
    assert math.isnan(again.clipped)
    rows = [EpochMetrics(i, 50.0 - i, clipped=0.75, valid_perplexity=v) for i, v in enumerate((300.0, 200.0, 1.0), 1)]
    again.recall(rows, done=2)
    assert again.held_out.series().points == (300.0, 200.0)
    assert again.best_held_out == BestHeldOut(2, 200.0, 48.0)
    assert again.clipped == 0.75


def is_empty(record: RunMetrics) -> bool:
    return bool(saved(record.to_dict()) == saved(RunMetrics().to_dict()))


@given(st.dictionaries(st.sampled_from(["loss", "perplexity", "grad_norm", "marks", "minibatches", "seconds"]), JSON))
def test_any_json_is_an_empty_record(plain: dict[str, Any]) -> None:
    assert is_empty(RunMetrics.from_dict(plain))


def paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(deeper for key, item in items for deeper in paths(item, (*way, key)))]


@settings(max_examples=300)
@given(STEPS.filter(bool), st.data())
def test_a_record_with_one_part_replaced(
    steps: list[tuple[float, float, list[Applied], bool]], data: st.DataObject
) -> None:
    plain = saved(record_of(steps, 1).to_dict())
    *way, last = data.draw(st.sampled_from([path for path in paths(plain) if path]))
    part = plain
    for key in way:
        part = part[key]
    part[last] = data.draw(JSON)
    record = RunMetrics.from_dict(plain)
    check_drawable(record)
    # It goes on.
    record.add(Step(2, 1, 3.0, 2.0, False, (), EpochMetrics(2, 20.0, 3.0, 1.0, 1.0, 2.0, 0.0)), 10, 11, 0.5)
    assert record.loss.series().latest == 3.0
    saved(record.to_dict())
    check_drawable(record)


@pytest.mark.parametrize("damage", [{"low": 9.0}, {"high": 0.5}, {"low": None}, {"high": None}])
def test_a_curve_beyond_its_own_range_is_none(damage: dict[str, Any]) -> None:
    curve = BoundedCurve()
    for value in (1.0, 2.0, 3.0):
        curve.add(value)
    with pytest.raises(ValueError):
        BoundedCurve.from_dict(saved(curve.to_dict()) | damage)


def of_an_earlier_version(curve: BoundedCurve, rest: list[float]) -> dict[str, Any]:
    """The curve as it was written when every value of the next point was kept."""
    plain: dict[str, Any] = saved(curve.to_dict())
    del plain["share"], plain["count"]
    return plain | {"rest": [value if math.isfinite(value) else None for value in rest]}


@pytest.mark.parametrize("rest", [[], [2.0], [2.0, math.inf, 4.0]])
def test_a_curve_of_an_earlier_version_goes_on(rest: list[float]) -> None:
    curve = BoundedCurve()
    for value in [3.0] * CAPACITY * 4 + rest:
        curve.add(value)
    again = BoundedCurve.from_dict(of_an_earlier_version(curve, rest))
    for value in (1.0, 5.0, 7.0, 9.0):
        assert shown(again) == shown(curve)
        curve.add(value)
        again.add(value)


@pytest.mark.parametrize(
    "damage", [{"count": -1}, {"count": 8}, {"count": True}, {"count": 1.0}, {"share": -1.0}, {"rest": [1.0] * 8}]
)
def test_a_point_on_its_way_that_cannot_be(damage: dict[str, Any]) -> None:
    curve = BoundedCurve()
    for value in [3.0] * (CAPACITY * 4 + 1):
        curve.add(value)
    assert curve.series().width == 8
    with pytest.raises(ValueError):
        BoundedCurve.from_dict(saved(curve.to_dict()) | damage)


def test_after_a_thousand_million_minibatches_it_takes_no_more_room() -> None:
    record = record_of([(1.0, 1.0, [], False)], 1)
    width = 2**21
    full = {"points": [1.25] * (10**9 // width), "width": width, "share": 0.0, "count": 0}
    for name in ("loss", "perplexity", "grad_norm"):
        curve = BoundedCurve.from_dict(full | {"low": 1.25, "high": 1.25, "latest": 1.25})
        for number in range(20_000):
            curve.add(1.0 + number / 1e5)
        setattr(record, name, curve)
    record.minibatches = 10**9 + 20_000
    text = json.dumps(record.to_dict())
    assert len(text) < 1 << 15
    series = RunMetrics.from_dict(json.loads(text)).loss.series()
    assert (len(series.points), series.width) == (477, width)
    assert series.points[-1] == pytest.approx(1.0 + 9_999.5 / 1e5)


def test_marks_that_come_back_are_marks() -> None:
    record = record_of([(1.0, 1.0, [Applied("prefixes", ("a",), ("b", "c"))], True)], 1)
    assert list(RunMetrics.from_dict(saved(record.to_dict())).marks) == [Mark(0.0, 0, "prefixes", ("a",), ("b", "c"))]
