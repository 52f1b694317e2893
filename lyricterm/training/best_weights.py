"""The weights of the best epoch: kept in memory, and written once the run has left them behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lyricterm.core.metrics import EpochMetrics
    from lyricterm.engine.checkpoint import Checkpoint
    from lyricterm.engine.trainer import Trainer
    from lyricterm.training.run_metrics import RunMetrics


class BestWeights:
    """Of the epoch with the lowest perplexity on the text that is trained on."""

    def __init__(self, perplexity: float = math.inf) -> None:
        """``perplexity`` is that of the best epoch of a run that goes on."""
        self._perplexity = perplexity
        self._best: Checkpoint | None = None
        self._is_written = False

    def take(self, figures: EpochMetrics, trainer: Trainer, metrics: RunMetrics) -> None:
        """An epoch has just ended; copy the weights if none was better."""
        if not figures.perplexity < self._perplexity:
            return
        from lyricterm.engine import snapshot

        self._perplexity, self._is_written = figures.perplexity, False
        self._best = snapshot.after_epoch(trainer, metrics.to_dict())

    def to_write(self, trainer: Trainer, *, goes_on: bool) -> Checkpoint | None:
        """What must be written now, in main memory; it is not given out again.

        None while the run stands at the best epoch's end, or is, as it ``goes_on``, in the epoch after it.
        """
        best = self._best
        if best is None or self._is_written or (trainer.epoch, trainer.minibatch) == (best.epoch, 0):
            return None
        if goes_on and trainer.epoch == best.epoch:
            return None
        from lyricterm.engine import snapshot

        self._is_written = True
        return snapshot.in_main_memory(best)
