"""The kept runs as they are compared: facts of all of them, curves of some, read anew only where a file has changed.

One thread at a time may use a library; what it gives out is frozen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lyricterm.core.memorised import BestHeldOut, better
from lyricterm.core.metrics import NOTHING_MEASURED, EpochMetrics, summed_up
from lyricterm.core.run_data import Mark
from lyricterm.storage.run_log import Curve, last_sample, read_curve, recent_epochs
from lyricterm.storage.run_store import RunFolder, RunInfo, Store

MOST_POINTS = 1_000
"""Points that a curve has at most."""
_TAIL = 4_096
"""Bytes of a file's end that tell how fast a run was and what it wrote last."""
_MOST_BYTES = 16 << 20
"""Bytes of a curve that are read: the last hundred thousand epochs."""


@dataclass(frozen=True)
class Entry:
    """A run that can be read."""

    info: RunInfo
    recent: EpochMetrics = NOTHING_MEASURED
    """The latest epochs summed up."""
    sample: str = ""
    """What it wrote last, with its prefix."""


@dataclass(frozen=True)
class Broken:
    """A folder that cannot be read as a run, and why."""

    id: str
    sentence: str


@dataclass(frozen=True)
class Trace:
    """A run's perplexity over the epochs and over the seconds of training, in as few points as are looked at."""

    epochs: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    """Infinite after an overflow, NaN where none was written."""
    marks: tuple[Mark, ...] = ()
    crosses: tuple[float, ...] = ()
    """Epochs done when it diverged."""
    timed: bool = True
    """Whether the seconds are known."""
    held_out: tuple[float, ...] = ()
    """As many as the values, on held-out text; NaN where none was measured; empty where none was at all."""
    best: BestHeldOut | None = None

    @cached_property
    def stretches(self) -> tuple[range, ...]:
        """The indices of values that a logarithmic scale can show, where they follow each other."""
        found: list[range] = []
        begin = 0
        for i, value in enumerate((*self.values, math.nan)):
            if not (0 < value < math.inf):
                if begin < i:
                    found.append(range(begin, i))
                begin = i + 1
        return tuple(found)

    @cached_property
    def extremes(self) -> tuple[float, float] | None:
        """The lowest and the highest of those values; None if there is none."""
        shown = [value for stretch in self.stretches for value in self.values[stretch.start : stretch.stop]]
        return (min(shown), max(shown)) if shown else None

    def places(self, in_seconds: bool) -> tuple[float, ...]:
        """Where along the setting each value stands."""
        return self.seconds if in_seconds else self.epochs

    def place_of(self, epoch: float, in_seconds: bool) -> float:
        """Where along the setting a fraction of an epoch stands."""
        if not in_seconds or not self.epochs:
            return epoch
        return _between((0.0, *self.epochs), (0.0, *self.seconds), epoch)


class Library:
    """Reads the kept runs again and again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, tuple[object, Entry]] = {}
        self._traces: dict[str, tuple[object, Trace]] = {}

    def scan(self) -> tuple[Entry | Broken, ...]:
        """All runs, the newest first, then the folders that cannot be read as runs."""
        infos, broken = self._store.listing()
        found = [self._entry(info) for info in infos]
        self._entries = {entry.info.id: self._entries[entry.info.id] for entry in found}
        trouble = self._store.trouble()
        unreadable = [(self._store.root.name, trouble)] if trouble else broken
        return (*found, *(Broken(name, why) for name, why in unreadable))

    def traces(self, infos: Iterable[RunInfo]) -> dict[str, Trace]:
        """The curves of some runs; an empty one where there is none, or where it cannot be read."""
        found = {info.id: self._trace(info) for info in infos}
        self._traces = {run: self._traces[run] for run in found}
        return {run: trace for run, (_stamp, trace) in self._traces.items()}

    def _entry(self, info: RunInfo) -> Entry:
        folder = RunFolder(info.folder)
        stamp = (info, _stamp(folder.curve_file), _stamp(folder.samples_file))
        known = self._entries.get(info.id)
        if known is None or known[0] != stamp:
            known = self._entries[info.id] = (stamp, entry_of(info, _recent(info), _last_sample(folder)))
        return known[1]

    def _trace(self, info: RunInfo) -> Trace:
        folder = RunFolder(info.folder)
        stamp = _stamp(folder.curve_file)
        known = self._traces.get(info.id)
        if known is None or known[0] != stamp:
            known = self._traces[info.id] = (stamp, trace_of(_curve(folder, _MOST_BYTES)))
        return known[1]


def entry_of(info: RunInfo, rows: Sequence[EpochMetrics], sample: str) -> Entry:
    """A run with what its last epochs tell."""
    return Entry(_as_trained(info, rows), summed_up(rows), sample)


def as_it_stands(info: RunInfo) -> RunInfo:
    """A run that somebody trains, with its latest epoch: that is on disk before they save the run again."""
    return _as_trained(info, _recent(info)) if info.running else info


def _as_trained(info: RunInfo, rows: Sequence[EpochMetrics]) -> RunInfo:
    if not (info.running and rows and rows[-1].epoch > info.epoch):
        return info
    latest = rows[-1]
    best = min(
        [value for value in (info.best, *(row.perplexity for row in rows)) if math.isfinite(value)], default=info.best
    )
    return replace(
        info,
        epoch=latest.epoch,
        minibatch=0,
        perplexity=latest.perplexity,
        best=best,
        valid_perplexity=latest.valid_perplexity,
    )


def trace_of(curve: Curve) -> Trace:
    """The curve as it is drawn."""
    epochs, seconds, values = [], [], []
    best: BestHeldOut | None = None
    # Of a curve whose beginning was not read, the first epochs are taken to have lasted as long as the others.
    passed = _mean([row.seconds for row in curve.epochs]) * (curve.epochs[0].epoch - 1) if curve.epochs else 0.0
    passed = passed if math.isfinite(passed) else 0.0
    for row in curve.epochs:
        passed += row.seconds if math.isfinite(row.seconds) else 0.0
        epochs.append(float(row.epoch))
        seconds.append(passed)
        values.append(row.perplexity)
        best = better(best, row)
    held_out = [row.valid_perplexity for row in curve.epochs]
    kept = thinned(values)
    crosses = tuple(dict.fromkeys(float(epoch - 1) for epoch, _minibatch in curve.divergences if epoch))
    return Trace(
        tuple(epochs[i] for i in kept),
        tuple(seconds[i] for i in kept),
        tuple(values[i] for i in kept),
        curve.marks[-_MOST_MARKS:],
        crosses[-_MOST_MARKS:],
        timed=not epochs or passed > 0,
        held_out=tuple(held_out[i] for i in kept) if best is not None else (),
        best=best,
    )


_MOST_MARKS = 100


def thinned(values: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """The indices of at most ``most`` values that show the curve: of each stretch the lowest and the highest."""
    if len(values) <= most:
        return list(range(len(values)))
    stretches = (most - 2) // 2
    kept = {0, len(values) - 1}
    for stretch in range(stretches):
        within = range(stretch * len(values) // stretches, (stretch + 1) * len(values) // stretches)
        kept.add(min(within, key=lambda i: _order(values[i], math.inf)))
        kept.add(max(within, key=lambda i: _order(values[i], -math.inf)))
    return sorted(kept)


def _order(value: float, missing: float) -> float:
    return missing if math.isnan(value) else value


def _between(places: Sequence[float], values: Sequence[float], place: float) -> float:
    """The value at a place between known ones; the first or the last beyond them."""
    for i in range(1, len(places)):
        if place <= places[i]:
            step = places[i] - places[i - 1]
            share = (place - places[i - 1]) / step if step > 0 else 1.0
            return values[i - 1] + share * (values[i] - values[i - 1])
    return values[-1]


def _recent(info: RunInfo) -> tuple[EpochMetrics, ...]:
    """Of a run that trains, those that may be better than the best that is written down as well."""
    folder = RunFolder(info.folder)
    if info.running:
        return _curve(folder, _TAIL).epochs
    try:
        return recent_epochs(folder.curve_file, _TAIL)
    except OSError:
        return ()


def _curve(folder: RunFolder, limit: int) -> Curve:
    try:
        return read_curve(folder.curve_file, limit)
    except OSError:
        return Curve()


def _last_sample(folder: RunFolder) -> str:
    try:
        sample = last_sample(folder.samples_file, _TAIL)
    except OSError:
        return ""
    return sample.prefix + sample.text if sample else ""


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if math.isfinite(value) and value >= 0]
    return math.fsum(known) / len(known) if known else math.nan
