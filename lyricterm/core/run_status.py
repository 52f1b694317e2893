"""How a run stands, in one word: on the screen, on disk, and in an exercise."""

from __future__ import annotations

from enum import Enum

from lyricterm.core.i18n import N_, _


class RunStatus(Enum):
    """How a run stands; the value is the word that files and ``--json`` have for it."""

    WAITING = "waiting"
    """A run of an exercise whose turn has not come."""
    PREPARING = "preparing"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped early"
    """A run of a sweep that was hopeless beside the others."""
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """A run on disk that nobody trains any more, and that did not come to its end."""

    @property
    def label(self) -> str:
        """The word that a person reads."""
        return _(_LABELS[self])


_LABELS = {
    RunStatus.WAITING: N_("waiting"),
    RunStatus.PREPARING: N_("preparing"),
    RunStatus.TRAINING: N_("training"),
    RunStatus.PAUSED: N_("paused"),
    RunStatus.FINISHED: N_("finished"),
    RunStatus.STOPPED: N_("stopped early"),
    RunStatus.DIVERGED: N_("diverged"),
    RunStatus.FAILED: N_("failed"),
    RunStatus.INTERRUPTED: N_("interrupted"),
}

_ELSEWHERE = (RunStatus.WAITING, RunStatus.PREPARING, RunStatus.STOPPED)
ON_DISK = tuple(status for status in RunStatus if status not in _ELSEWHERE)
"""What a run on disk can be."""
ENDED = (RunStatus.FINISHED, RunStatus.DIVERGED, RunStatus.FAILED)
"""A run has come to its own end."""
