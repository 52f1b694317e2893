"""What a run of a sweep tells whoever began the sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lyricterm.core.run_status import RunStatus
from lyricterm.sweep.packed_run import PackedRun

DONE = (RunStatus.FINISHED, RunStatus.STOPPED, RunStatus.DIVERGED)
"""Nothing is left to do for such a run."""
OVER = (*DONE, RunStatus.FAILED, RunStatus.INTERRUPTED)
"""Nobody trains such a run now."""


@dataclass(frozen=True)
class News:
    """How one run stands."""

    place: int
    """Which of the planned runs it is."""
    outcome: RunStatus = RunStatus.WAITING
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
