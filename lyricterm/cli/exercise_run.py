"""Playing an exercise without a screen: narrated, printed, reported."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lyricterm.cli.exercise_tables import print_list, print_verdict, to_arm, to_verdict
from lyricterm.cli.flags import recipe_of, recipe_values
from lyricterm.cli.narration import progress_bar
from lyricterm.cli.output import print_json, say
from lyricterm.cli.start import storage_of
from lyricterm.core.i18n import _, n_
from lyricterm.core.interrupts import interruptible
from lyricterm.core.number_format import clock, figure, rough
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.exercises.base import Exercise
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.export import exported
from lyricterm.exercises.forecast import Outlook
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.report import check_writable, write
from lyricterm.exercises.runner import Runner, failure, over, whole_seeds
from lyricterm.exercises.verdict import judge
from lyricterm.exercises.verdict_text import fate
from lyricterm.storage.played import Played, note_played

RunResults = tuple[RunResult, ...]


def play(namespace: argparse.Namespace) -> int:
    """Play; returns 0 when done, 1 if a run failed, 130 interrupted."""
    if namespace.exercise_name is None:
        print_list(EXERCISES.values(), json=namespace.json)
        return 0
    report: Path | None = namespace.report_file
    if report is not None:
        check_writable(report)
    exercise = EXERCISES[namespace.exercise_name]
    recipe, epochs = recipe_of(namespace), recipe_values(namespace).get("epochs")
    told: Callable[[RunResult], None] = _print_arm if namespace.json else lambda _result: None
    with ExerciseNarration(told) as narration:
        count = int(str(epochs)) if epochs is not None else None
        storage = storage_of(namespace) if namespace.keep_runs else None
        runner = Runner(exercise, recipe, narration.watch, count, namespace.seeds, storage)
        narration.outlook = lambda: runner.outlook
        begun = time.monotonic()
        with interruptible(runner.stop):
            results = runner.run()
    if over(results) and count is None:
        note_played(exercise.name, Played(time.time(), time.monotonic() - begun, namespace.seeds))
    narration.raise_unheard()
    return _end(exercise, results, runner, namespace.json, report)


def _end(exercise: Exercise, results: RunResults, runner: Runner, json: bool, report: Path | None) -> int:
    whole = whole_seeds(results)
    if runner.stopped and not whole:
        say(_("stopped before all runs were done, so there is no verdict"))
        return 130
    cut_short = runner.stopped and len(whole) < len(results)
    if cut_short:
        say(_("stopped; the verdict rests on the seeds that were done"))
        results = whole
    sentence = failure(results)
    if sentence:
        say(sentence)
    if results[0].status is RunStatus.FAILED:
        return 1
    verdict = judge(exercise, results)
    if json:
        print_json(to_verdict(exercise, verdict))
    else:
        print_verdict(results, verdict)
    if report is not None:
        write(exported(exercise, results, report.suffix.lower(), samples=False), report)
        say(_("wrote {path}").format(path=report))
    if cut_short:
        return 130
    return 1 if sentence else 0


def _print_arm(result: RunResult) -> None:
    print_json(to_arm(result))


class ExerciseNarration:
    """Tells on stderr how the runs go, with a bar where that is a terminal; each run that is over, once."""

    def __init__(self, told: Callable[[RunResult], None]) -> None:
        self._told = told
        self.outlook: Callable[[], Outlook] = Outlook
        """How far all runs are."""
        self._begun: set[int] = set()
        self._over: set[int] = set()
        self._bar: Any = None
        self._task: Any = None
        self._unheard: OSError | None = None

    def __enter__(self) -> ExerciseNarration:
        if sys.stderr is not None and sys.stderr.isatty():
            self._bar = progress_bar()
            self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def watch(self, results: RunResults) -> None:
        """Tell what is new."""
        for place, result in enumerate(results):
            if result.status is not RunStatus.WAITING and place not in self._begun:
                self._begin(place, len(results), result)
            if result.status is RunStatus.TRAINING and self._bar is not None:
                self._bar.update(self._task, completed=result.done, label=self._label(result))
            if result.status in ENDED and place not in self._over:
                self._over.add(place)
                self._end(result)

    def raise_unheard(self) -> None:
        """Raise the OSError with which a run could not be told."""
        if self._unheard is not None:
            raise self._unheard

    def _label(self, result: RunResult) -> str:
        parts = [result.run.label]
        if result.epochs:
            parts.append(_("perplexity {perplexity}").format(perplexity=figure(result.perplexity)))
        left = self.outlook().left
        if not math.isnan(left):
            parts.append(_("all runs: {time} left").format(time=clock(left)))
        return " · ".join(parts)

    def _begin(self, place: int, count: int, result: RunResult) -> None:
        if not self._begun:
            self._estimate(count)
        self._begun.add(place)
        sentence = _("training {run}, seed {seed} ({number} of {count})")
        say(sentence.format(run=result.run.label, seed=result.seed, number=place + 1, count=count))
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task("", total=result.recipe.epochs, label=result.run.label)

    def _estimate(self, count: int) -> None:
        left = self.outlook().left
        if not math.isnan(left):
            sentence = n_(
                "{count} run to train; measured on this machine, it takes about {time}",
                "{count} runs to train; measured on this machine, they take about {time}",
                count,
            )
            say(sentence.format(count=count, time=rough(left)))

    def _end(self, result: RunResult) -> None:
        for notice in result.notices:
            say(notice)
        if result.status is not RunStatus.FAILED:
            say(fate(result))
        try:
            self._told(result)
        except OSError as error:
            self._unheard = error
