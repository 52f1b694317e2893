"""The kept runs as they are compared."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Mark
from lyricterm.storage import run_cache as library_module
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_cache import MOST_POINTS, Broken, Entry, Library, Trace, thinned, trace_of
from lyricterm.storage.run_log import Curve, read_curve, recent_epochs
from lyricterm.storage.run_store import Store
from tests.storage.kept import NOON, folder_of, kept


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def row(epoch: int, perplexity: float = 10.0, seconds: float = 0.5) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "perplexity": perplexity,
        "loss": 2.0,
        "seconds": seconds,
        "chars_per_second": 1_000.0 * epoch,
        "grad_norm": 1.0,
        "clipped": 0.5,
    }


def entries(library: Library) -> list[Entry]:
    return [entry for entry in library.scan() if isinstance(entry, Entry)]


def test_speed_and_the_last_sample_come_from_the_files_ends(store: Store) -> None:
    info = kept(store)
    folder = folder_of(info)
    append_lines(folder.curve_file, [row(epoch, seconds=float(epoch)) for epoch in range(1, 101)])
    append_lines(folder.samples_file, [{"epoch": 50, "perplexity": 9.0, "prefix": "分开", "text": "我"}])
    append_lines(folder.samples_file, [{"epoch": 100, "perplexity": 9.0, "prefix": "不分开", "text": "你"}])
    (entry,) = entries(Library(store))
    # The mean of the last ten: 91 to 100.
    assert entry.recent.seconds == 95.5
    assert entry.recent.chars_per_second == 95_500.0
    assert entry.sample == "不分开你"


def test_a_run_that_somebody_trains_stands_where_its_curve_does(store: Store) -> None:
    info = kept(store, perplexity=12.0, best=9.5)
    folder = folder_of(info)
    lock = Lock(folder.lock_file)
    assert lock.acquire()
    library = Library(store)
    append_lines(folder.curve_file, [row(epoch, 20.0 - epoch) for epoch in range(1, 13)])
    (entry,) = entries(library)
    assert (entry.info.epoch, entry.info.minibatch, entry.info.perplexity, entry.info.best) == (12, 0, 8.0, 8.0)
    append_lines(folder.curve_file, [row(13, math.inf)])
    (entry,) = entries(library)
    assert (entry.info.epoch, entry.info.perplexity, entry.info.best) == (13, math.inf, 8.0)
    lock.release()
    # Nobody trains it: it stands where one can go on with it.
    (entry,) = entries(library)
    assert (entry.info.epoch, entry.info.perplexity, entry.info.best) == (3, 12.0, 9.5)


def test_the_held_out_curve_is_thinned_with_the_other(store: Store) -> None:
    rows = [EpochMetrics(i, 5_000.0 / i, valid_perplexity=300.0 + abs(i - 40)) for i in range(1, 5_001)]
    trace = trace_of(Curve(tuple(rows)))
    assert trace.best == BestHeldOut(40, 300.0, 125.0)
    assert len(trace.held_out) == len(trace.values) <= MOST_POINTS
    by_epoch = {row.epoch: row.valid_perplexity for row in rows}
    assert trace.held_out == tuple(by_epoch[int(epoch)] for epoch in trace.epochs)
    assert trace_of(Curve(tuple(EpochMetrics(i, 9.0) for i in range(1, 4)))).held_out == ()


def test_without_files_nothing_is_known(store: Store) -> None:
    info = kept(store)
    (entry,) = entries(Library(store))
    assert math.isnan(entry.recent.seconds)
    assert entry.sample == ""
    assert Library(store).traces([info])[info.id] == Trace()


def test_what_cannot_be_read_is_said_in_a_sentence(store: Store) -> None:
    good = kept(store, 0)
    folders = [store.create(NOON + 60 * minute) for minute in (1, 2, 3)]
    plain = json.loads(folder_of(good).run_file.read_text())
    folders[0].run_file.write_text(json.dumps(plain | {"format": 99}))
    folders[1].run_file.write_text(json.dumps(plain | {"format": 0}))
    folders[2].run_file.write_text("{")
    found = Library(store).scan()
    assert [each.info.id for each in found if isinstance(each, Entry)] == [good.id]
    told = {each.id: each.sentence for each in found if isinstance(each, Broken)}
    assert "newer lyricterm" in told[folders[0].id]
    assert "older lyricterm" in told[folders[1].id]
    assert "damaged" in told[folders[2].id]


def test_files_are_read_again_only_when_they_change(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    info = kept(store)
    folder = folder_of(info)
    append_lines(folder.curve_file, [row(1)])
    reads = []

    for name, real in (("read_curve", read_curve), ("recent_epochs", recent_epochs)):

        def counted(path: Path, limit: int, real: Callable[[Path, int], object] = real) -> object:
            reads.append(limit)
            return real(path, limit)

        monkeypatch.setattr(library_module, name, counted)
    library = Library(store)
    for _ in range(3):
        library.scan()
        assert library.traces([info])[info.id].epochs == (1.0,)
    assert len(reads) == 2
    append_lines(folder.curve_file, [row(2)])
    library.scan()
    assert library.traces([info])[info.id].epochs == (1.0, 2.0)
    assert len(reads) == 4


def test_a_run_that_is_removed_goes(store: Store) -> None:
    info, other = kept(store, 0), kept(store, 1)
    library = Library(store)
    assert len(library.scan()) == 2
    store.remove(info)
    assert [entry.info.id for entry in entries(library)] == [other.id]
    assert library.traces([info]) == {info.id: Trace()}


def test_a_curve_of_many_epochs_is_bounded(store: Store) -> None:
    info = kept(store)
    rows = [row(epoch, perplexity=2 + math.sin(epoch / 9)) for epoch in range(1, 30_001)]
    rows[12_345] |= {"perplexity": math.inf}
    append_lines(folder_of(info).curve_file, rows)
    trace = Library(store).traces([info])[info.id]
    assert len(trace.values) <= MOST_POINTS
    assert (trace.epochs[0], trace.epochs[-1]) == (1.0, 30_000.0)
    assert math.inf in trace.values
    assert trace.seconds[-1] == pytest.approx(15_000.0)


def epochs_of(*figures: tuple[int, float]) -> tuple[EpochMetrics, ...]:
    return tuple(EpochMetrics(epoch, 5.0, 1.0, seconds, 1.0, 1.0, 0.0) for epoch, seconds in figures)


def test_seconds_add_up_and_places_lie_between() -> None:
    mark = Mark(1.5, 3, "clipping", True, False)
    trace = trace_of(Curve(epochs_of((1, 2.0), (2, 4.0), (3, math.nan)), (mark,), ((3, 7), (3, 9))))
    assert trace.seconds == (2.0, 6.0, 6.0)
    assert trace.crosses == (2.0,)
    assert trace.marks == (mark,)
    assert trace.place_of(1.5, in_seconds=True) == 4.0
    assert trace.place_of(0.5, in_seconds=True) == 1.0
    assert trace.place_of(99.0, in_seconds=True) == 6.0
    assert trace.place_of(1.5, in_seconds=False) == 1.5


def test_a_curve_without_its_beginning_does_not_begin_at_nought() -> None:
    assert trace_of(Curve(epochs_of((11, 2.0), (12, 2.0)))).seconds == (22.0, 24.0)


def test_seconds_that_nobody_wrote_are_not_known() -> None:
    assert not trace_of(Curve(epochs_of((1, math.nan), (2, math.nan)))).timed


@given(st.lists(st.floats(min_value=0) | st.just(math.nan) | st.just(math.inf), max_size=300), st.integers(10, 60))
def test_thinning_keeps_the_ends_and_the_extremes(values: list[float], most: int) -> None:
    kept_ones = thinned(values, most)
    assert len(kept_ones) <= max(most, 2)
    assert kept_ones == sorted(set(kept_ones))
    if values:
        assert kept_ones[0] == 0
        assert kept_ones[-1] == len(values) - 1
        known = [value for value in values if not math.isnan(value)]
        shown = [values[i] for i in kept_ones if not math.isnan(values[i])]
        if known:
            assert (min(shown), max(shown)) == (min(known), max(known))


def test_divergences_before_a_resume_stay_and_those_after_it_go(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    append_lines(path, [row(1), {"diverged": [2, 3, "loss"]}, {"resumed": 1}, row(2), {"diverged": [3, 1, "loss"]}])
    append_lines(path, [{"resumed": 1}, row(2), {"diverged": ["x"]}, {"diverged": None}, {"diverged": [-1, 2]}])
    assert read_curve(path).divergences == ((2, 3),)
