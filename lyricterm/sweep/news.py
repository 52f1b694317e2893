"""What a run of a sweep tells whoever began the sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from lyricterm.core.i18n import N_, _
from lyricterm.sweep.packed_run import PackedRun


class Outcome(Enum):
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
    Outcome.WAITING: N_("waiting"),
    Outcome.TRAINING: N_("training"),
    Outcome.FINISHED: N_("finished"),
    Outcome.STOPPED: N_("stopped early"),
    Outcome.DIVERGED: N_("diverged"),
    Outcome.FAILED: N_("failed"),
    Outcome.INTERRUPTED: N_("interrupted"),
}

DONE = (Outcome.FINISHED, Outcome.STOPPED, Outcome.DIVERGED)
"""Nothing is left to do for such a run."""
OVER = (*DONE, Outcome.FAILED, Outcome.INTERRUPTED)
"""Nobody trains such a run now."""


@dataclass(frozen=True)
class News:
    """How one run stands."""

    place: int
    """Which of the planned runs it is."""
    outcome: Outcome = Outcome.WAITING
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
