"""``x``: the list of the exercises; Enter plays one."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lyricterm.app.actions import Action, bindings, keys_of
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.screens.exercise import ExerciseScreen
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.core.commands import Command, Pause, Resume
from lyricterm.core.i18n import N_, _, n_
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.runner import SEEDS


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
            N_("train each run with one seed only: sooner done, but what comes out may be chance"),
            "quick",
            rank=3,
            priority=True,
        ),
        Action("exercises.done", "escape", N_("leave"), N_("back to the studio"), "done", rank=1),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (OptionList,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, state: Callable[[], RunState], send: Callable[[Command], None]) -> None:
        """``state`` is the studio's; ``send`` hands a command to its trainer."""
        super().__init__()
        self._state, self._send = state, send

    def compose(self) -> ComposeResult:
        """The exercises with their questions."""
        yield OptionList(id="exercises")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Fill the list."""
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
        base = self._state().wanted
        for exercise in EXERCISES.values():
            choices.add_option(Option(_described(exercise, base), id=exercise.name))
        choices.highlighted = chosen

    @on(OptionList.OptionSelected)
    def action_play(self) -> None:
        """Play what is chosen."""
        self._play(SEEDS)

    def action_quick(self) -> None:
        """Play what is chosen with one seed."""
        self._play(1)

    def _play(self, seeds: int) -> None:
        chosen = self.query_one(OptionList).highlighted
        if chosen is None or self.app.screen is not self:
            return
        hold = Hold(self._state, self._send)
        exercise = list(EXERCISES.values())[chosen]
        screen = ExerciseScreen(exercise, self._state().wanted, hold, seeds)
        self.app.push_screen(screen, lambda _nothing: hold.release())

    def action_done(self) -> None:
        """Back to the studio."""
        self.dismiss(None)


def _described(exercise: Exercise, recipe: Recipe) -> Text:
    """Title, question, and what is trained."""
    runs = len(exercise.runs(recipe))
    effort = n_(
        "{count} run of {epochs} epochs, with {seeds} seeds",
        "{count} runs of {epochs} epochs, with {seeds} seeds",
        runs,
    )
    text = Text()
    text.append(_(exercise.title), "bold")
    text.append(f" · {effort.format(count=runs, epochs=exercise.epochs, seeds=SEEDS)}", "dim")
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
