"""The studio: the one screen on which a model is watched, flipped and talked to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import Static

from lyricterm.app.bindings import bound
from lyricterm.app.exportable import ExportableScreen, Stories
from lyricterm.app.keys import keys_of
from lyricterm.app.notices import is_mild, notices
from lyricterm.app.plot import loss_view, norm_view, perplexity_view
from lyricterm.app.run_state import Pinned, RunState, apply, remember, to_copy
from lyricterm.app.value_ladder import nudge
from lyricterm.app.widgets.curve import Curve
from lyricterm.app.widgets.header import Header
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.log import SampleLog
from lyricterm.app.widgets.prompt import Prompt, PromptInput
from lyricterm.app.widgets.settings_panel import Variants
from lyricterm.app.wrap import wrap
from lyricterm.core.events import (
    Change,
    Command,
    Complete,
    Completed,
    Event,
    Inspected,
    Noticed,
    Open,
    Pause,
    Refused,
    Restart,
    Resume,
    ResumeOffered,
    StepOnce,
)
from lyricterm.core.i18n import N_, _
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Recipe, Value, differences, needs_new_run

MIN_WIDTH, MIN_HEIGHT = 40, 12
OFFER_SECONDS = 60.0
"""How long the offer to go on with an unfinished run is shown."""
ASK_AGAIN = 0.4
"""Seconds between two completions of the same text while the model learns."""
_SEEDS = 1_000_000

SEND = Callable[[Command], None]

KEYS_IN_ORDER = (
    *("prompt.keep", "prompt.take", "prompt.leave"),
    *("studio.go", "studio.step", "studio.sampling", "studio.clipping", "studio.activation", "studio.detach"),
    *("studio.restart", "studio.seed", "studio.exercises", "studio.compare", "studio.inside"),
    *("studio.settings", "studio.prompt", "studio.help"),
    *("app.palette", "app.quit"),
)
KEYS_BY_NEED = (
    *("prompt.leave", "prompt.keep", "prompt.take"),
    *(
        "studio.go",
        "studio.prompt",
        "studio.help",
        "app.quit",
        "app.palette",
        "studio.settings",
        "studio.restart",
        "studio.exercises",
        "studio.compare",
        "studio.inside",
    ),
    *(
        "studio.step",
        "studio.sampling",
        "studio.clipping",
        "studio.activation",
        "studio.detach",
        "studio.seed",
    ),
)


class StudioScreen(ExportableScreen):
    """Holds the state; handlers move it on, watchers hand it to the widgets.

    Other screens are imported when they are opened: the first frame does not wait for them.
    """

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (66, "-medium"),
        (110, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [
        (0, "-low"),
        (20, "-normal"),
        (32, "-tall"),
        (50, "-towering"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bound("studio")
    state: reactive[RunState] = reactive(RunState(Recipe()), init=False, repaint=False)

    inspected: reactive[Inspected | None] = reactive(None, init=False, repaint=False)
    """What was seen inside the model last."""

    def __init__(self, recipe: Recipe, send: SEND) -> None:
        super().__init__()
        self.set_reactive(StudioScreen.state, RunState(recipe))
        self._send = send
        self._request = 0
        self._asked_at = 0.0
        self._will_ask: Timer | None = None
        self._keep_request: int | None = None
        self._noticed = ("", 0)

    def compose(self) -> ComposeResult:
        """Header, curves, variants beside the log, prompt, keys."""
        self._fit()
        yield Header(id="header")
        with Horizontal(id="curves"):
            yield Curve(id="loss")
            yield Curve(id="perplexity")
            yield Curve(id="norm")
        with Horizontal(id="middle"):
            yield Variants(id="variants")
            yield SampleLog(id="log")
        yield Static(id="notice")
        yield Prompt(id="prompt")
        yield KeyBar(id="keys", order=KEYS_IN_ORDER, ranked=KEYS_BY_NEED)
        yield Static(id="too-small")

    def _fit(self) -> None:
        """Take the breakpoints' classes before the first frame; Textual gives them only with the first resize."""
        points = ((self.HORIZONTAL_BREAKPOINTS, self.app.size.width), (self.VERTICAL_BREAKPOINTS, self.app.size.height))
        for breakpoints, length in points:
            self.add_class([name for least, name in breakpoints if least <= length][-1])

    def on_mount(self) -> None:
        """Show the first state: nothing has been heard of the trainer yet."""
        self._show_curve_words()
        self.watch_state(None, self.state)

    def on_resize(self) -> None:
        """Wrap the notice anew, and say so where the terminal is too small."""
        self._show_notice(self.state)
        width, height = self.size
        small = width < MIN_WIDTH or height < MIN_HEIGHT
        self.set_class(small, "-too-small")
        sentence = _("The terminal is {width}×{height}; lyricterm needs {least_width}×{least_height}.")
        self.query_one("#too-small", Static).update(
            Text(sentence.format(width=width, height=height, least_width=MIN_WIDTH, least_height=MIN_HEIGHT))
        )

    def hear(self, event: Event) -> None:
        """Take in one event of the trainer."""
        if isinstance(event, Inspected):
            self.inspected = event
            return
        self.state = apply(self.state, event)
        if isinstance(event, Refused):
            self.notify(one_line(event.sentence), severity="warning", timeout=10, markup=False)
        elif isinstance(event, Noticed):
            self.notify(one_line(event.sentence), timeout=10, markup=False)
        elif isinstance(event, Completed):
            self._keep_if_asked(event)
        elif isinstance(event, ResumeOffered):
            self.set_timer(OFFER_SECONDS, self._withdraw_offer)
        self._ask_again()

    def _withdraw_offer(self) -> None:
        self.state = replace(self.state, offer=None)

    def watch_state(self, old: RunState | None, new: RunState) -> None:
        """Hand the state to whoever shows it."""
        self.query_one(Header).state = new
        self.query_one(Variants).state = new
        self.query_one(SampleLog).state = new
        self.query_one(Prompt).state = new
        if new.progress is not None and (old is None or old.progress is not new.progress):
            vocabulary = new.facts.vocabulary if new.facts else 2
            self.query_one("#loss", Curve).view = loss_view(new.progress, vocabulary)
            self.query_one("#perplexity", Curve).view = perplexity_view(new.progress, vocabulary)
            self.query_one("#norm", Curve).view = norm_view(new.progress)
        self._show_notice(new)
        if old is None or old.status is not new.status:
            self.refresh_bindings()

    def reword(self) -> None:
        """Draw every word anew, in the language in use now."""
        self._show_curve_words()
        self.query_one(Variants).watch_state(self.state)
        self.query_one(Prompt).reword()
        self.query_one(SampleLog).redraw()
        self.on_resize()
        self.watch_state(None, self.state)
        self.refresh(layout=True, recompose=False)
        for widget in self.query("*"):
            widget.refresh()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, with the space bar's word saying what it would do now."""
        bindings = super().active_bindings
        goes = self.state.status is RunStatus.TRAINING
        for key, active in bindings.items():
            if active.binding.id == "studio.go" and not goes:
                bindings[key] = active._replace(binding=replace(active.binding, description=N_("go on")))
        return bindings

    def _show_curve_words(self) -> None:
        for name, title in (
            ("loss", _("loss")),
            ("perplexity", _("perplexity")),
            ("norm", _("gradient norm")),
        ):
            self.query_one(f"#{name}", Curve).retitle(title)

    def _show_notice(self, state: RunState) -> None:
        sentences = notices(state, keys_of(self))
        sentence = "\n".join(sentences)
        if (sentence, self.size.width) == self._noticed:
            return
        self._noticed = (sentence, self.size.width)
        notice = self.query_one("#notice", Static)
        notice.display = bool(sentence)
        self.set_class(bool(sentence), "-noticed")
        notice.set_class(is_mild(state), "-mild")
        lines = [line for part in sentences for line in wrap(Text(part), max(2, self.size.width - 2))]
        notice.update(Text("\n").join(lines))

    def action_flip(self, setting: str) -> None:
        """Flip a two-valued setting."""
        now = getattr(self.state.wanted, setting)
        choices: tuple[Value, ...] = SETTINGS[setting].choices or (False, True)
        self.change({setting: choices[(choices.index(now) + 1) % len(choices)]})

    def action_nudge(self, setting: str, direction: int) -> None:
        """Step a number up or down."""
        moved = nudge(setting, getattr(self.state.wanted, setting), direction)
        if moved is not None:
            self.change({setting: moved})

    def change(self, values: dict[str, Value]) -> None:
        """Change hot settings of the running model."""
        self.state = replace(self.state, asked=self.state.asked | values)
        self._send(Change(tuple(values.items())))

    def action_go_or_pause(self) -> None:
        """Pause, or go on."""
        self._send(Pause() if self.state.status is RunStatus.TRAINING else Resume())

    def action_step(self) -> None:
        """Train one minibatch, then pause."""
        self._send(StepOnce())

    def action_go_back(self) -> None:
        """After a divergence: on from the last finite weights, with clipping."""
        if self.state.diverged is None:
            self.notify(_("The run has not diverged; there is nothing to go back from."), markup=False)
        else:
            self.change({"clipping": True})
            self._send(Resume())

    def action_open(self) -> None:
        """Go on with the unfinished run that is offered."""
        if self.state.offer is None:
            self.notify(_("No unfinished run is offered; lyricterm runs lists all."), markup=False)
        else:
            self._send(Open(self.state.offer.name))

    def action_restart(self) -> None:
        """A new run with the same recipe and seed."""
        self.restart(self.state.wanted)

    def action_new_seed(self) -> None:
        """A new run with another seed."""
        self.restart(replace(self.state.wanted, seed=(self.state.wanted.seed + 1) % _SEEDS))

    def restart(self, recipe: Recipe) -> None:
        """A new run."""
        state = replace(self.state, recipe=recipe, asked={})
        self.state = replace(state, asked=differences(state.wanted, recipe))
        self._send(Restart(recipe))

    def action_prompt(self) -> None:
        """Put the cursor into the prompt."""
        self.query_one(PromptInput).focus()

    def action_compare(self) -> None:
        """Put the runs beside each other."""
        from lyricterm.app.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(lambda: self.state, self._send))

    def stories(self) -> Stories:
        """The run there is."""
        from lyricterm.app.comparison import own_story

        return own_story(self.state)

    def copyable(self) -> str:
        """The completion there is, else the one that was kept last, else the last sample."""
        return to_copy(self.query_one(Prompt).completion, self.state)

    def action_help(self) -> None:
        """Open the help."""
        from lyricterm.app.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def tell(self, command: Command) -> None:
        """Hand a command of another screen to the trainer."""
        self._send(command)

    def action_inside(self) -> None:
        """Look inside the running model."""
        from lyricterm.app.screens.inspector import InsideScreen

        self.app.push_screen(InsideScreen(self))

    def action_settings(self) -> None:
        """Open the settings; what comes back is applied, or starts a new run."""
        from lyricterm.app.screens.settings import SettingsScreen

        self.app.push_screen(SettingsScreen(self.state.wanted), self._take_settings)

    def action_exercises(self) -> None:
        """Open the list of the exercises."""
        from lyricterm.app.screens.exercises import ExercisesScreen

        self.app.push_screen(ExercisesScreen(lambda: self.state, self._send))

    def _take_settings(self, recipe: Recipe | None) -> None:
        if recipe is None:
            return
        changes = differences(self.state.wanted, recipe)
        if needs_new_run(changes) or self.state.progress is None:
            self.restart(recipe)
        elif changes:
            self.change(changes)

    def on_prompt_typed(self) -> None:
        """Ask for the completion of what is typed now."""
        self._ask()

    def on_prompt_kept(self) -> None:
        """Enter: keep the completion, as soon as it is there."""
        answer = self.query_one(Prompt).completion
        if answer is not None:
            self._keep(answer)
        else:
            self._ask()
            self._keep_request = self._request

    def _ask(self) -> None:
        typed = self.query_one(Prompt).typed
        if not typed:
            return
        self._request += 1
        self._asked_at = time.monotonic()
        self._send(Complete(self._request, typed, self.state.wanted.pred_len))

    def _ask_again(self) -> None:
        """The model has learnt since: what it says now may be another thing."""
        answer, progress = self.state.completion, self.state.progress
        if progress is None or not self.query_one(Prompt).typed:
            return
        place = (progress.run, progress.epoch, progress.minibatch)
        if answer is not None and (answer.run, answer.epoch, answer.minibatch) == place:
            return
        wait = self._asked_at + ASK_AGAIN - time.monotonic()
        if wait <= 0:
            self._ask()
        elif self._will_ask is None:
            # The trainer may stand still by then, and nothing else would ask.
            self._will_ask = self.set_timer(wait, self._ask_now)

    def _ask_now(self) -> None:
        self._will_ask = None
        self._ask_again()

    def _keep_if_asked(self, answer: Completed) -> None:
        if self._keep_request is not None and answer.request >= self._keep_request:
            self._keep_request = None
            self._keep(answer)

    def _keep(self, answer: Completed) -> None:
        entry = Pinned(answer.epoch, answer.perplexity, answer.typed, answer.text, answer.probabilities)
        self.state = remember(self.state, entry)
