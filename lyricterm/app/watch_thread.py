"""The thread that watches a run which another program trains."""

from __future__ import annotations

from collections.abc import Callable

from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.events import Event
from lyricterm.core.settings import Recipe
from lyricterm.training.watch_session import WatchSession
from lyricterm.training.watched_run import WatchedRun


class WatchThread(TrainerThread):
    """Owns the thread in which a ``WatchSession`` runs."""

    reads_only = True

    def __init__(self, recipe: Recipe, report: Callable[[Event], None], *, paused: bool, run: WatchedRun) -> None:
        """Set up; the recipe is the run's own, and nothing is to be paused."""
        self._set_up(WatchSession(run, self._pass_on), report)
