"""What a session keeps of its runs on disk: when to save, and what."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lyricterm.core.errors import LyrictermError
from lyricterm.core.events import Diverged, Event, SaveFailed
from lyricterm.core.i18n import _
from lyricterm.core.log import logger
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.paths import log_file
from lyricterm.core.run_data import HeldOutFacts, Mark, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.storage.run_log import RESUMED, read_samples
from lyricterm.storage.run_store import RunInfo
from lyricterm.training.best_weights import BestWeights
from lyricterm.training.run_storage import RunLocation, RunStorage
from lyricterm.training.run_writer import RunWriter

if TYPE_CHECKING:
    from lyricterm.engine.trainer import Trainer
    from lyricterm.training.resume import PreparedRun
    from lyricterm.training.run_metrics import RunMetrics

_NO_FOLDER = Path()

_LEFT = {RunStatus.TRAINING: RunStatus.INTERRUPTED, RunStatus.PREPARING: RunStatus.INTERRUPTED}
"""How a run stands once nobody trains it any more."""
_RECALLED = 100
"""Samples of a run that are shown again."""


def recalled(location: RunLocation, epoch: int) -> tuple[Sample, ...]:
    """The newest samples that a kept run wrote up to an epoch, the oldest first."""
    try:
        samples = read_samples(location.folder.samples_file)
    except OSError:
        return ()
    return tuple([sample for sample in samples if sample.epoch <= epoch][-_RECALLED:])


def _resumed(prepared: PreparedRun) -> dict[str, int]:
    """The line of the curve that says where the run goes on."""
    trainer, minibatches = prepared.trainer, prepared.metrics.minibatches
    row = {RESUMED: trainer.epoch, "minibatch": trainer.minibatch}
    # Metrics that were damaged begin anew and do not know.
    is_known = minibatches > 0 or trainer.epoch + trainer.minibatch == 0
    return row | {"minibatches": minibatches} if is_known else row


class Autosave:
    """Saves the current run, and finishes writing those that were left. Without ``storage`` it does nothing."""

    def __init__(self, storage: RunStorage | None, tell: Callable[[Event], None], also: Path | None = None) -> None:
        """``tell`` is called in other threads; ``also`` is a second file for each checkpoint."""
        self._storage, self._tell, self._also = storage, tell, also
        self._writer: RunWriter | None = None
        self._left: list[RunWriter] = []
        self._run = 0
        self._saved: object = None
        self._saved_at = 0.0
        self._created = 0.0
        self._diverged: tuple[int, int] | None = None
        self._best = BestWeights()
        self._held_out: HeldOutFacts | None = None
        self._trouble = ""

    @property
    def storage(self) -> RunStorage | None:
        """How runs are kept; None if they are not."""
        return self._storage

    @property
    def location(self) -> RunLocation | None:
        """The folder of the current run."""
        return self._writer.location if self._writer else None

    def begin(self, run: int, prepared: PreparedRun, held_out: HeldOutFacts | None) -> None:
        """Another run from now on; the one before has been left."""
        self._held_out = held_out
        if self._storage is None:
            return
        from lyricterm.engine import checkpoint

        location = prepared.location
        self._run, self._saved, self._diverged = run, None, None
        self._best = BestWeights(prepared.metrics.perplexity.series().low)
        self._created = time.time() if location is None or location.created is None else location.created
        self._trouble = ""
        # A writer that hangs may still come to write the second file.
        also = self._also if self.wait(0) else None
        self._writer = RunWriter(self._storage, checkpoint.write, self._tell, run, location, also)
        if location is not None:
            self._writer.curve(_resumed(prepared))
            self._writer.sample({RESUMED: prepared.trainer.epoch})

    def epoch(self, figures: EpochMetrics, trainer: Trainer, metrics: RunMetrics) -> None:
        """A line of the curve; if it is the best so far, its weights are kept."""
        self._line(figures.to_dict())
        if self._writer is not None:
            self._best.take(figures, trainer, metrics)

    def mark(self, mark: Mark) -> None:
        """A change of a setting."""
        self._line({"mark": mark.to_dict()})

    def diverged(self, event: Diverged, *, before: bool = False) -> None:
        """Where the run diverged; ``before``: that is on disk already."""
        self._diverged = (event.epoch, event.minibatch)
        if not before:
            self._line({"diverged": [event.epoch, event.minibatch, event.what]})

    def sample(self, sample: Sample) -> None:
        """Lyrics."""
        if self._writer is not None:
            self._writer.sample(sample.to_dict())

    def tick(self, trainer: Trainer, metrics: RunMetrics) -> None:
        """Save if it is time to, and the disk has taken the save before."""
        if self._storage is None or self._writer is None:
            return
        if time.monotonic() - self._saved_at >= self._storage.interval and not self._writer.busy:
            self.save(trainer, metrics, RunStatus.TRAINING)

    def save(self, trainer: Trainer, metrics: RunMetrics, status: RunStatus, on_disk: RunStatus | None = None) -> None:
        """Hand over how the run stands; ``on_disk`` is what is written down where that differs from ``status``."""
        if self._writer is None:
            return
        if status is RunStatus.TRAINING and trainer.minibatch + trainer.epoch:
            self._diverged = None
        self._saved_at = time.monotonic()
        try:
            info, checkpoint = self._info(trainer, metrics, on_disk or status), self._checkpoint(trainer, metrics)
            best = self._best.to_write(trainer, goes_on=(on_disk or status) is RunStatus.TRAINING)
        except Exception as error:
            self._tell_trouble(error)
            return
        self._trouble = ""
        self._writer.keep(info, checkpoint, best)

    def leave(self, trainer: Trainer | None, metrics: RunMetrics, status: RunStatus, *, discard: bool = False) -> None:
        """Leave the current run: save it a last time, or remove it if it is worth nothing."""
        if self._writer is None:
            return
        if discard:
            self._writer.discard()
        else:
            if trainer is not None:
                self.save(trainer, metrics, status, _LEFT.get(status, status))
            self._writer.close()
        self._left = [*(old for old in self._left if not old.wait(0)), self._writer]
        self._writer = None

    def wait(self, timeout: float) -> bool:
        """True once everything that was left is written and its locks are free."""
        end = time.monotonic() + timeout
        for writer in self._left:
            writer.wait(max(0.0, end - time.monotonic()))
        return all(writer.wait(0) for writer in self._left)

    def _line(self, row: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.curve(row)

    def _checkpoint(self, trainer: Trainer, metrics: RunMetrics) -> Any:
        """A copy of the run, or None if it stands where it was saved last."""
        from lyricterm.engine import snapshot

        stands = (trainer.epoch, trainer.minibatch, trainer.recipe, tuple(trainer.pending.items()), metrics.minibatches)
        if stands == self._saved:
            return None
        checkpoint = snapshot.capture(trainer, metrics.to_dict())
        self._saved = stands
        return checkpoint

    def _tell_trouble(self, error: Exception) -> None:
        """A run that cannot be copied goes on; say so once."""
        sentence = str(error)
        if not isinstance(error, LyrictermError):
            sentence = _("The run is not being saved ({kind}); the log in {path} has the details. It goes on.")
            sentence = sentence.format(kind=type(error).__name__, path=one_line(str(log_file())))
        if sentence != self._trouble:
            logger().warning("the run cannot be copied", exc_info=error)
            self._tell(SaveFailed(self._run, sentence))
        self._trouble = sentence

    def _info(self, trainer: Trainer, metrics: RunMetrics, status: RunStatus) -> RunInfo:
        from lyricterm.engine.device import describe

        series = metrics.perplexity.series()
        return RunInfo(
            id="",
            folder=_NO_FOLDER,
            recipe=trainer.recipe,
            corpus=trainer.corpus.name,
            characters=len(trainer.corpus.text),
            vocabulary=len(trainer.vocabulary),
            fingerprint=trainer.corpus.fingerprint,
            device=describe(trainer.device),
            created=self._created,
            updated=time.time(),
            status=status,
            epoch=trainer.epoch,
            minibatch=trainer.minibatch,
            perplexity=series.latest,
            best=series.low if math.isfinite(series.low) else math.nan,
            seconds=metrics.seconds,
            diverged=self._diverged,
            held_out=self._held_out,
            valid_perplexity=metrics.held_out.series().latest,
            best_held_out=metrics.best_held_out,
        )
