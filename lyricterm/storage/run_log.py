"""What a run's curve and samples say, checked as a file that any program may have written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from lyricterm.core.copied import Spans
from lyricterm.core.decoding import from_values
from lyricterm.core.errors import DecodingError
from lyricterm.core.metrics import METRICS, RECENT, EpochMetrics
from lyricterm.core.run_data import Mark, Sample
from lyricterm.core.settings import Value
from lyricterm.storage.atomic_write import READ_LIMIT, read_lines, read_lines_back
from lyricterm.storage.run_info import measured

RESUMED = "resumed"
"""A row {"resumed": 80, "minibatch": 3, "minibatches": 1363} says that the run went on from there: with 80 epochs done,
3 minibatches of the one under way, and so many in the whole run, whatever the rows before it say of later ones.
Earlier versions wrote the epoch only."""
_MAX_COUNT = 2**53


@dataclass(frozen=True)
class Curve:
    """A run's epochs in order, each once, and its changes of settings."""

    epochs: tuple[EpochMetrics, ...] = ()
    marks: tuple[Mark, ...] = ()
    divergences: tuple[tuple[int, int], ...] = ()
    """The epoch and the minibatch of each, counted from 1."""


class CurveReader:
    """Takes the rows of a ``curve.jsonl`` as they come; of an epoch that occurs twice, the later row counts."""

    def __init__(self) -> None:
        self._epochs: dict[int, EpochMetrics] = {}
        self._marks: list[Mark] = []
        self._divergences: list[tuple[int, int]] = []

    def take(self, row: Mapping[str, Any]) -> None:
        """One row; what is not a row of a curve is left out."""
        resumed = row.get(RESUMED)
        if _is_count(resumed):
            self._back_to(resumed, row.get("minibatch"), row.get("minibatches"))
        epoch, mark, diverged = _epoch(row), _mark(row.get("mark")), _divergence(row.get("diverged"))
        if epoch is not None:
            self._epochs[epoch.epoch] = epoch
        if mark is not None:
            self._marks.append(mark)
        if diverged is not None and diverged not in self._divergences:
            self._divergences.append(diverged)

    def curve(self) -> Curve:
        """All that was taken."""
        epochs = tuple(self._epochs[number] for number in sorted(self._epochs))
        return Curve(epochs, tuple(self._marks), tuple(self._divergences))

    def _back_to(self, resumed: int, minibatch: Any, minibatches: Any) -> None:
        # What was trained after the checkpoint is trained again, perhaps otherwise.
        self._epochs = {number: figures for number, figures in self._epochs.items() if number <= resumed}
        if _is_count(minibatches):
            self._marks = [mark for mark in self._marks if mark.minibatch < minibatches]
        else:
            self._marks = [mark for mark in self._marks if mark.epoch < resumed + 1]
        last = (resumed + 1, minibatch + 1 if _is_count(minibatch) else _MAX_COUNT)
        self._divergences = [place for place in self._divergences if place <= last]


def read_curve(path: Path, limit: int = READ_LIMIT) -> Curve:
    """The curve in the last ``limit`` bytes of a ``curve.jsonl``; see ``CurveReader``.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    reader = CurveReader()
    for row in read_lines(path, limit):
        reader.take(row)
    return reader.curve()


def recent_epochs(path: Path, limit: int) -> tuple[EpochMetrics, ...]:
    """The epochs in the last rows of a ``curve.jsonl``: as many as ``summed_up`` looks at, of ``limit`` bytes at most.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    rows: list[dict[str, Any]] = []
    epochs = 0
    for row in read_lines_back(path, limit):
        rows.append(row)
        epochs += "epoch" in row
        if epochs == RECENT:
            break
    reader = CurveReader()
    for row in reversed(rows):
        reader.take(row)
    return reader.curve().epochs


def last_sample(path: Path, limit: int) -> Sample | None:
    """The first sample of the latest epoch in the last ``limit`` bytes of a ``samples.jsonl``.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    found: dict[tuple[str, int], Sample] = {}
    most, epoch = _MAX_COUNT, -1
    for row in read_lines_back(path, limit):
        resumed = row.get(RESUMED)
        most = min(most, resumed) if _is_count(resumed) else most
        sample = _sample(row)
        if sample is None or sample.epoch > most:
            continue
        if found and sample.epoch != epoch:
            break
        epoch, key = sample.epoch, (sample.prefix, sample.number)
        # Of one that was written twice the later text stands in the earlier place.
        found[key] = found.pop(key, sample)
    return next(reversed(found.values()), None)


def read_samples(path: Path, limit: int = READ_LIMIT) -> list[Sample]:
    """The samples in the last ``limit`` bytes of a ``samples.jsonl``, by epoch.

    Of a prefix and number that occur twice in one epoch, the later row counts.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    samples: dict[tuple[int, str, int], Sample] = {}
    for row in read_lines(path, limit):
        resumed = row.get(RESUMED)
        if _is_count(resumed):
            samples = {key: sample for key, sample in samples.items() if sample.epoch <= resumed}
        sample = _sample(row)
        if sample is not None:
            samples[sample.epoch, sample.prefix, sample.number] = sample
    return sorted(samples.values(), key=lambda sample: sample.epoch)


def latest(samples: Iterable[Sample]) -> list[Sample]:
    """Those of the highest epoch."""
    samples = list(samples)
    last = max((sample.epoch for sample in samples), default=0)
    return [sample for sample in samples if sample.epoch == last]


def _epoch(row: Mapping[str, Any]) -> EpochMetrics | None:
    number = row.get("epoch")
    if not _is_count(number):
        return None
    written = {name: row[each.name] for name, each in METRICS.items() if each.name in row}
    if not written:
        return None
    try:
        # A figure that is missing (an earlier version had none such) is NaN; one that is unknown is left out.
        return EpochMetrics(number, **{name: measured(value, -math.inf) for name, value in written.items()})
    except ValueError:
        return None


def _mark(mark: Any) -> Mark | None:
    if not isinstance(mark, dict):
        return None
    setting, minibatch = mark.get("axis"), mark.get("minibatch")
    if not isinstance(setting, str) or not _is_count(minibatch):
        return None
    try:
        return Mark(measured(mark["epoch"]), minibatch, setting, _value(mark["old"]), _value(mark["new"]))
    except (KeyError, ValueError):
        return None


def _divergence(place: Any) -> tuple[int, int] | None:
    if not isinstance(place, list) or len(place) < 2 or not (_is_count(place[0]) and _is_count(place[1])):
        return None
    return place[0], place[1]


def _value(value: Any) -> Value:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("no value of a recipe")


def _sample(row: Mapping[str, Any]) -> Sample | None:
    epoch, prefix, text = row.get("epoch"), row.get("prefix"), row.get("text")
    if not _is_count(epoch) or not isinstance(prefix, str) or not isinstance(text, str):
        return None
    try:
        perplexity = measured(row.get("perplexity"))
    except ValueError:
        return None
    number = row.get("number")
    told = Sample(epoch, perplexity, prefix, text, _copied(row.get("copied")), _texts(row.get("unknown")))
    spans = _spans(row.get("copied_at"), len(text))
    return replace(told, number=number if _is_count(number) else 0, copied_at=spans, **_decoding(row.get("decoding")))


def _copied(value: Any) -> float:
    """A share from 0 to 1; NaN where there is none, as in what an earlier version wrote."""
    try:
        share = measured(value)
    except ValueError:
        return math.nan
    return share if share <= 1 else math.nan


def _spans(value: Any, length: int) -> Spans | None:
    """Parts of a text of so many characters, ascending; None if they are not."""
    try:
        spans = tuple((start, end) for start, end in value)
    except (TypeError, ValueError):
        return None
    ends = [place for span in spans for place in span]
    fits = all(_is_count(place) and place <= length for place in ends) and ends == sorted(set(ends))
    return spans if fits else None


def _decoding(value: Any) -> dict[str, Any]:
    """How a sample's characters were chosen; nothing where that cannot be read."""
    if not isinstance(value, dict):
        return {}
    seed = value.get("seed")
    try:
        return {"decoding": from_values(value), "seed": seed if _is_count(seed) else 0}
    except (TypeError, DecodingError):
        return {}


def _texts(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and all(isinstance(part, str) for part in value)
    return tuple(value) if is_list else ()


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
