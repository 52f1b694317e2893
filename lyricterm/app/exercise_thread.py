"""A thread in which an exercise is played, as the app sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lyricterm.app.niceness import give_way
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Verdict
from lyricterm.exercises.forecast import Outlook
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.runner import Runner, over, whole_seeds
from lyricterm.exercises.verdict import judge
from lyricterm.storage.played import Played, note_played
from lyricterm.training.run_storage import RunStorage


@dataclass(frozen=True)
class ExerciseProgress:
    """How an exercise stands: everything there is to show, so a newer one may replace an older one."""

    results: tuple[RunResult, ...]
    verdict: Verdict | None = None
    """Once all runs are over."""
    ended: bool = False
    """Nothing more will come."""
    outlook: Outlook = field(default_factory=Outlook)


class ExerciseThread:
    """Owns the thread."""

    def __init__(
        self,
        exercise: Exercise,
        recipe: Recipe,
        report: Callable[[ExerciseProgress], None],
        seeds: int,
        storage: RunStorage | None = None,
    ) -> None:
        """Set up; ``report`` is called in the thread, a few times a second. ``storage`` keeps the runs, if given.

        Raises:
            RecipeError: if a run cannot be.
        """
        self._exercise, self._report, self._seeds = exercise, report, seeds
        self._runner = Runner(exercise, recipe, self._pass_on, seeds=seeds, storage=storage)
        self.first = ExerciseProgress(self._runner.results)
        # A daemon: the program can leave at once even from the middle of a long minibatch.
        self._thread = threading.Thread(target=self._play, name="exercise", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the minibatch under way."""
        self._runner.stop()

    def wait(self, timeout: float) -> bool:
        """Wait for the thread; True if it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _pass_on(self, results: tuple[RunResult, ...]) -> None:
        self._report(ExerciseProgress(results, outlook=self._runner.outlook))

    def _play(self) -> None:
        give_way()
        begun = time.monotonic()
        results = self._runner.run()
        if over(results):
            note_played(self._exercise.name, Played(time.time(), time.monotonic() - begun, self._seeds))
        # What was stopped is judged by the seeds that were done.
        whole = whole_seeds(results)
        verdict = judge(self._exercise, whole) if whole else None
        self._report(ExerciseProgress(whole or results, verdict, ended=True))
