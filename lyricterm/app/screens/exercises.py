"""``x``: the list of the exercises; Enter plays one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from lyricterm.app.actions import Action, bindings, keys_of
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.screens.exercise import ExerciseScreen
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.core.commands import Command, Pause, Resume
from lyricterm.core.i18n import N_, _, n_
from lyricterm.core.number_format import moment, rough
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.runner import SEEDS, estimate
from lyricterm.storage.played import Played, read_played
from lyricterm.storage.shared_runs import open_store
from lyricterm.training.run_storage import RunStorage

INTERVAL = 0.2
"""Seconds between two looks at what is chosen, and whether the studio's run still waits."""
RESTS = 2
"""Looks at which the same exercise is chosen before it is measured."""


class ExercisesScreen(LabScreen[None]):
    """Chooses an exercise; while one is played, the studio's own run waits."""

    AUTO_FOCUS = "OptionList"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "exercises.play",
            "enter",
            N_("play"),
            N_("train the runs of the exercise that is chosen"),
            "play",
            rank=2,
            priority=True,
            synonyms=N_("start run"),
        ),
        Action(
            "exercises.quick",
            "1",
            N_("quick look"),
            N_("train each run with one seed only: faster, but the result may be chance"),
            "quick",
            rank=3,
            priority=True,
        ),
        Action(
            "exercises.keep-runs",
            "k",
            N_("save runs"),
            N_("save no runs of what is played, or save them again, to compare, go on with and export"),
            "keep",
            title=N_("save the runs of exercises"),
            rank=4,
            priority=True,
        ),
        Action("exercises.done", "escape", N_("back"), N_("back to the studio"), "done", rank=1),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (OptionList,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, state: Callable[[], RunState], send: Callable[[Command], None]) -> None:
        """``state`` is the studio's; ``send`` hands a command to its trainer."""
        super().__init__()
        self._state = state
        self._hold = Hold(state, send)
        self._seconds: dict[str, float] = {}
        """How long each exercise takes with one seed, as far as it was measured; NaN where it cannot be."""
        self._keeps = True
        """The runs of what is played are kept on disk."""
        self._rested = (-1, 0)
        """Which exercise is chosen, and at how many looks it was."""

    def compose(self) -> ComposeResult:
        """The exercises with their questions."""
        yield OptionList(id="exercises")
        with Vertical(id="below-exercises"):
            yield Static(id="estimate")
            yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Fill the list; the studio's run waits, so that what is measured here is not its doing."""
        self.reword()
        self._hold.keep()
        self.set_interval(INTERVAL, self._look)

    def on_unmount(self) -> None:
        """However it is left, the studio's run goes on."""
        self._hold.release()

    def on_screen_resume(self) -> None:
        """An exercise may have been played meanwhile."""
        self.reword()

    def reword(self) -> None:
        """Every word in the language in use now."""
        choices = self.query_one(OptionList)
        choices.border_title = _("exercises")
        choices.border_subtitle = _("{play_key} plays · {done_key} goes back").format(
            **keys_of(self).words(self.ACTIONS)
        )
        chosen = choices.highlighted or 0
        choices.clear_options()
        base, played = self._state().wanted, read_played()
        for exercise in EXERCISES.values():
            choices.add_option(Option(_described(exercise, base, played.get(exercise.name)), id=exercise.name))
        choices.highlighted = chosen
        self._tell_estimate()

    @on(OptionList.OptionSelected)
    def action_play(self) -> None:
        """Play what is chosen."""
        self._play(SEEDS)

    def action_quick(self) -> None:
        """Play what is chosen with one seed."""
        self._play(1)

    def _play(self, seeds: int) -> None:
        exercise = self._chosen
        if exercise is None or self.app.screen is not self:
            return
        self.workers.cancel_group(self, "estimate")
        storage = RunStorage(open_store()) if self._keeps else None
        self.app.push_screen(ExerciseScreen(exercise, self._state().wanted, self._hold, seeds, storage))

    def action_keep(self) -> None:
        """Keep the runs, or no more."""
        self._keeps = not self._keeps
        self._tell_estimate()

    @property
    def _chosen(self) -> Exercise | None:
        place = self.query_one(OptionList).highlighted
        return None if place is None else list(EXERCISES.values())[place]

    @on(OptionList.OptionHighlighted)
    def _tell_estimate(self) -> None:
        """How long the chosen exercise takes, once that is known."""
        exercise = self._chosen
        if exercise is None:
            return
        seconds = self._seconds.get(exercise.name)
        told = _("The time is measured once your run has paused…")
        if seconds is not None:
            told = _("Measured on this machine: about {whole} with {seeds} seeds, {quick} for a quick look with one.")
            told = told.format(whole=rough(SEEDS * seconds), seeds=SEEDS, quick=rough(seconds))
        if seconds is not None and math.isnan(seconds):
            told = _("The time cannot be measured; play the exercise to see what is wrong.")
        keeps = _("The runs are saved, to compare, go on with and export; {keep_runs_key} saves none.")
        if not self._keeps:
            keeps = _("The runs are not saved; {keep_runs_key} saves them.")
        told = f"{told}\n{keeps.format(**keys_of(self).words(self.ACTIONS))}"
        self.query_one("#estimate", Static).update(Text(told))

    def _look(self) -> None:
        """Keep the run waiting; measure the exercise on which the cursor rests."""
        if self.app.screen is not self:
            return
        self._hold.keep()
        chosen = self.query_one(OptionList).highlighted
        place, looks = self._rested
        self._rested = (chosen or 0, looks + 1 if chosen == place else 0)
        exercise = self._chosen
        waits = self._state().status not in (RunStatus.TRAINING, RunStatus.PREPARING)
        if exercise is not None and exercise.name not in self._seconds and waits and self._rested[1] == RESTS:
            work = partial(self._measure, exercise, self._state().wanted)
            self.run_worker(work, thread=True, exclusive=True, exit_on_error=False, group="estimate")

    def _measure(self, exercise: Exercise, recipe: Recipe) -> None:
        """In a thread."""
        worker = get_current_worker()
        seconds = estimate(exercise, recipe, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._take_estimate, exercise, seconds)

    def _take_estimate(self, exercise: Exercise, seconds: float) -> None:
        self._seconds[exercise.name] = seconds
        if self.is_mounted:
            self._tell_estimate()

    def action_done(self) -> None:
        """Back to the studio."""
        self.dismiss(None)


def _described(exercise: Exercise, recipe: Recipe, played: Played | None) -> Text:
    """Title, question, what is trained, and when it was played."""
    runs = len(exercise.runs(recipe))
    effort = n_(
        "{count} run of {epochs} epochs, with {seeds} seeds",
        "{count} runs of {epochs} epochs, with {seeds} seeds",
        runs,
    )
    text = Text()
    text.append(_(exercise.title), "bold")
    text.append(f" · {effort.format(count=runs, epochs=exercise.epochs, seeds=SEEDS)}", "dim")
    if played is not None:
        # Of another day the date says enough.
        when = moment(played.ended, time.time()).split()[0]
        words = {"when": when, "time": rough(played.seconds)}
        mark = _("played {when}, took {time}") if played.seeds > 1 else _("quick look {when}, took {time}")
        text.append(f" · ✓ {mark.format(**words)}", "green")
    text.append(f"\n{_(exercise.question)}\n")
    return text


class Hold:
    """Keeps the studio's run paused, and lets it go on afterwards if it was training."""

    def __init__(self, state: Callable[[], RunState], send: Callable[[Command], None]) -> None:
        self._state, self._send = state, send
        self._paused = False

    def keep(self) -> None:
        """Pause it if it trains; to be called again and again, as it may only be about to begin."""
        if self._state().status is RunStatus.TRAINING:
            self._send(Pause())
            self._paused = True

    def release(self) -> None:
        """Let it go on."""
        if self._paused and self._state().status in (RunStatus.TRAINING, RunStatus.PAUSED):
            self._send(Resume())
        self._paused = False
