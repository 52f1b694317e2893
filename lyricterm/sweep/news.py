"""What a run of a sweep tells whoever began the sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from lyricterm.core.i18n import N_, _
from lyricterm.sweep.packed_run import PackedRun


class TrialOutcome(Enum):
    """How a run of a sweep stands; the value is the word that files and ``--json`` have for it."""

    WAITING = "waiting"
    TRAINING = "training"
    FINISHED = "finished"
    STOPPED = "stopped early"
    """It was hopeless beside the others."""
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The sweep was ended, or its machine was lost; a sweep that goes on goes on with it."""

    @property
    def label(self) -> str:
        """The word that a person reads."""
        return _(_LABELS[self])


_LABELS = {
    TrialOutcome.WAITING: N_("waiting"),
    TrialOutcome.TRAINING: N_("training"),
    TrialOutcome.FINISHED: N_("finished"),
    TrialOutcome.STOPPED: N_("stopped early"),
    TrialOutcome.DIVERGED: N_("diverged"),
    TrialOutcome.FAILED: N_("failed"),
    TrialOutcome.INTERRUPTED: N_("interrupted"),
}

DONE = (TrialOutcome.FINISHED, TrialOutcome.STOPPED, TrialOutcome.DIVERGED)
"""Nothing is left to do for such a run."""
OVER = (*DONE, TrialOutcome.FAILED, TrialOutcome.INTERRUPTED)
"""Nobody trains such a run now."""


@dataclass(frozen=True)
class News:
    """How one run stands."""

    place: int
    """Which of the planned runs it is."""
    outcome: TrialOutcome = TrialOutcome.WAITING
    epoch: int = 0
    """Epochs done."""
    value: float = math.nan
    """Of the latest epoch, of the metric that runs are judged by; infinite after an overflow."""
    best: float = math.nan
    """The lowest so far."""
    machine: str = ""
    sentence: str = ""
    """Why it failed."""
    run: PackedRun | None = None
    """All of it, where that is sent along."""

    def after(self, before: News | None) -> News:
        """These news, with the run of those before them if they have none."""
        return self if before is None or self.run is not None else replace(self, run=before.run)
