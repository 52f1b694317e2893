"""What a run has shown so far: its curves, marks and speed. It is saved with the run, so that they go on too."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lyricterm.core.errors import RecipeError
from lyricterm.core.memorised import BestHeldOut, better
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Mark
from lyricterm.core.settings import check
from lyricterm.training.bounded_curve import BoundedCurve

if TYPE_CHECKING:
    from lyricterm.engine.trainer_state import Step

_SPEED_WINDOW = 64
_MAX_MARKS = 200
_DAMAGE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecipeError)


class RunMetrics:
    """Curves, marks and speed of one run."""

    def __init__(self) -> None:
        self.loss, self.perplexity, self.grad_norm = BoundedCurve(), BoundedCurve(), BoundedCurve()
        self.held_out = BoundedCurve()
        """Perplexity on held-out text."""
        self.best_held_out: BestHeldOut | None = None
        self.marks: deque[Mark] = deque(maxlen=_MAX_MARKS)
        self.minibatches = 0
        self.seconds = 0.0
        self._pace: deque[tuple[int, float]] = deque(maxlen=_SPEED_WINDOW)
        self._clipped: deque[bool] = deque(maxlen=1)
        self._clipped_before = math.nan
        """Fraction of the minibatches before those, of a run that goes on; NaN if it is not known."""
        self.knows_pace = False
        """An epoch has been trained here, or as many minibatches as the speed is measured over."""

    def add(self, step: Step, characters: int, minibatches: int, seconds: float) -> list[Mark]:
        """Take in one minibatch; of one that overflowed, only what the curves show. Returns the new marks."""
        done = step.epoch - 1 + (step.minibatch - 1) / max(1, minibatches)
        marks = [Mark(done, self.minibatches, change.setting, change.old, change.new) for change in step.applied]
        self.marks.extend(marks)
        self.minibatches += 1
        self.loss.add(step.loss)
        self.grad_norm.add(step.grad_norm)
        if step.overflow:
            return marks
        self.seconds += seconds
        self._pace.append((characters, seconds))
        if self._clipped.maxlen != minibatches:
            self._clipped = deque(self._clipped, maxlen=max(1, minibatches))
        self._clipped.append(step.clipped)
        self.knows_pace = self.knows_pace or len(self._pace) == _SPEED_WINDOW or step.finished is not None
        if step.finished:
            self.add_epoch(step.finished)
        return marks

    def add_epoch(self, epoch: EpochMetrics) -> None:
        """Take in the perplexities of an epoch."""
        self.perplexity.add(epoch.perplexity)
        self._add_held_out(epoch)

    def _add_held_out(self, epoch: EpochMetrics) -> None:
        if not math.isnan(epoch.valid_perplexity):
            self.held_out.add(epoch.valid_perplexity)
            self.best_held_out = better(self.best_held_out, epoch)

    def recall(self, epochs: Iterable[EpochMetrics], done: int) -> None:
        """What an earlier version did not save with a run is taken from its curve.

        Args:
            epochs: of the curve on disk.
            done: epochs that the run goes on from; later ones are left out.
        """
        known = [epoch for epoch in epochs if epoch.epoch <= done]
        if known and math.isnan(self.clipped):
            self._clipped_before = known[-1].clipped
        if not self.held_out.series().points:
            for epoch in known:
                self._add_held_out(epoch)

    @property
    def chars_per_second(self) -> float:
        """Over the latest minibatches."""
        seconds = sum(seconds for _, seconds in self._pace)
        return sum(characters for characters, _ in self._pace) / seconds if seconds else 0.0

    @property
    def seconds_per_minibatch(self) -> float:
        """Over the latest minibatches."""
        return sum(seconds for _, seconds in self._pace) / len(self._pace) if self._pace else 0.0

    @property
    def clipped(self) -> float:
        """Fraction of the minibatches clipped, over about one epoch; NaN before the first."""
        before, count, most = self._clipped_before, len(self._clipped), self._clipped.maxlen or 1
        if math.isnan(before):
            return sum(self._clipped) / count if count else math.nan
        return before if not count else (sum(self._clipped) + (most - count) * before) / most

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can hold it; the speed, which is the machine's, is left out."""
        return {
            "loss": self.loss.to_dict(),
            "perplexity": self.perplexity.to_dict(),
            "grad_norm": self.grad_norm.to_dict(),
            "marks": [[mark.epoch, mark.minibatch, mark.setting, mark.old, mark.new] for mark in self.marks],
            "minibatches": self.minibatches,
            "seconds": self.seconds,
            "clipped": None if math.isnan(self.clipped) else self.clipped,
            "held_out": self.held_out.to_dict(),
            "best_held_out": None if self.best_held_out is None else [*vars(self.best_held_out).values()],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> RunMetrics:
        """The record that ``to_dict`` wrote; an empty one if it is damaged, for a run is more than its curves."""
        record = cls()
        try:
            curves = [BoundedCurve.from_dict(plain[name]) for name in ("loss", "perplexity", "grad_norm")]
            marks = [_mark(*saved) for saved in plain["marks"][-_MAX_MARKS:]]
            minibatches, seconds = plain["minibatches"], float(plain["seconds"])
            if isinstance(minibatches, bool) or not isinstance(minibatches, int) or not 0 <= minibatches < 2**63:
                raise ValueError(minibatches)
            if not 0 <= seconds < 1e12:
                raise ValueError(seconds)
            held_out = BoundedCurve.from_dict(plain["held_out"]) if "held_out" in plain else BoundedCurve()
            best, clipped = _best(plain.get("best_held_out")), _fraction(plain.get("clipped"))
        except _DAMAGE:
            return record
        record.loss, record.perplexity, record.grad_norm = curves
        record.marks.extend(marks)
        record.minibatches, record.seconds = minibatches, seconds
        record.held_out, record.best_held_out, record._clipped_before = held_out, best, clipped
        return record


def _best(saved: Any) -> BestHeldOut | None:
    if saved is None:
        return None
    epoch, held_out, training = saved
    if isinstance(epoch, bool) or not isinstance(epoch, int) or not 0 < epoch < 2**53:
        raise ValueError(epoch)
    if not (0 <= float(held_out) < math.inf and 0 <= float(training) < math.inf):
        raise ValueError(saved)
    return BestHeldOut(epoch, float(held_out), float(training))


def _fraction(saved: Any) -> float:
    if saved is None:
        return math.nan
    if isinstance(saved, bool | str) or not 0 <= float(saved) <= 1:
        raise ValueError(saved)
    return float(saved)


def _mark(epoch: float, minibatch: int, setting: str, old: Any, new: Any) -> Mark:
    old, new = (tuple(value) if isinstance(value, list) else value for value in (old, new))
    check(setting, old)
    check(setting, new)
    if not 0 <= float(epoch) < 2**53 or not 0 <= int(minibatch) < 2**53:
        raise ValueError(epoch)
    return Mark(float(epoch), int(minibatch), setting, old, new)
