"""The run that trains, as a screen: its state, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.reactive import reactive

from lyricterm.app.exportable import StoriesScreen
from lyricterm.app.run_state import RunState
from lyricterm.app.value_ladder import nudge
from lyricterm.core.commands import Change, Command, Open, Pause, Restart, Resume, StepOnce, StopReading
from lyricterm.core.events import Inspected
from lyricterm.core.i18n import _
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import SETTINGS, Recipe, Value, differences, needs_new_run

SEND = Callable[[Command], None]
_SEEDS = 1_000_000


class RunScreen(StoriesScreen):
    """Holds the state, and turns actions into commands for the trainer."""

    state: reactive[RunState] = reactive(RunState(Recipe()), init=False, repaint=False)

    inspected: reactive[Inspected | None] = reactive(None, init=False, repaint=False)
    """What was seen inside the model last."""

    def __init__(self, recipe: Recipe, send: SEND) -> None:
        """``send`` hands a command to the trainer."""
        super().__init__()
        self.set_reactive(RunScreen.state, RunState(recipe))
        self.tell = send

    def change(self, values: dict[str, Value]) -> None:
        """Change settings of the running model."""
        self.state = replace(self.state, asked=self.state.asked | values, offer=None)
        self.tell(Change(tuple(values.items())))

    def restart(self, recipe: Recipe) -> None:
        """A new run."""
        state = replace(self.state, recipe=recipe, asked={}, offer=None)
        self.state = replace(state, asked=differences(state.wanted, recipe))
        self.tell(Restart(recipe))

    def take_settings(self, recipe: Recipe | None) -> None:
        """Apply settings, or start a new run where they need one; None changes nothing."""
        if recipe is None:
            return
        changes = differences(self.state.wanted, recipe)
        if needs_new_run(changes) or self.state.progress is None:
            self.restart(recipe)
        elif changes:
            self.change(changes)

    def action_flip(self, setting: str) -> None:
        """The next choice of a setting; one that needs a new run starts it."""
        now = getattr(self.state.wanted, setting)
        choices: tuple[Value, ...] = SETTINGS[setting].choices or (False, True)
        values = {setting: choices[(choices.index(now) + 1) % len(choices)]}
        if needs_new_run(values):
            self.restart(self.state.wanted.with_values(values))
        else:
            self.change(values)

    def action_nudge(self, setting: str, direction: int) -> None:
        """Step a number up or down."""
        moved = nudge(setting, getattr(self.state.wanted, setting), direction)
        if moved is not None:
            self.change({setting: moved})

    def action_go_or_pause(self) -> None:
        """Pause, or go on; a finished run goes on for some more epochs."""
        state = self.state
        if state.status is RunStatus.FINISHED and state.progress is not None:
            wanted = min(int(SETTINGS["epochs"].high or 0), state.progress.epoch + state.more_epochs)
            self.change({"epochs": max(wanted, state.wanted.epochs)})
        self.tell(Pause() if state.status is RunStatus.TRAINING else Resume())

    def action_step(self) -> None:
        """Train one minibatch, then pause."""
        self.tell(StepOnce())

    def action_go_back(self) -> None:
        """After a divergence: on from the last finite weights, with clipping."""
        if self.state.diverged is None:
            self.notify(_("The run has not diverged; there is nothing to recover from."), markup=False)
        else:
            self.change({"clipping": True})
            self.tell(Resume())

    def action_open(self) -> None:
        """Go on with the unfinished run that is offered."""
        if self.state.offer is None:
            self.notify(_("No unfinished run is offered; lyricterm runs lists all runs."), markup=False)
        else:
            self.tell(Open(self.state.offer.name))

    def action_dismiss_offer(self) -> None:
        """A text that is being read is not wanted, or else the unfinished run, which stays on disk."""
        if self.state.loading is not None:
            self.tell(StopReading())
        else:
            self.forget_offer()

    def forget_offer(self) -> None:
        """The unfinished run is not offered any more; it stays on disk."""
        self.state = replace(self.state, offer=None)

    def action_restart(self) -> None:
        """A new run with the same recipe and seed."""
        self.restart(self.state.wanted)

    def action_new_seed(self) -> None:
        """A new run with another seed."""
        self.restart(replace(self.state.wanted, seed=(self.state.wanted.seed + 1) % _SEEDS))
