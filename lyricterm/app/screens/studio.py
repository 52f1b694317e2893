"""The studio: the one screen on which a model is watched, flipped and talked to."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from lyricterm.app.actions import Action, bindings, keys_of, reads_only
from lyricterm.app.notices import notices, notices_watching
from lyricterm.app.run_state import Pinned, RunState, apply, remember, to_copy
from lyricterm.app.screens.run_screen import SEND, RunScreen
from lyricterm.app.screens.studio_actions import GO, STUDIO_ACTIONS, go_word
from lyricterm.app.widgets.curves import Curves
from lyricterm.app.widgets.header import Header
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.log import SampleLog
from lyricterm.app.widgets.notice_bar import NoticeBar
from lyricterm.app.widgets.prompt import Prompt
from lyricterm.app.widgets.prompt_input import PromptInput
from lyricterm.app.widgets.settings_line import SettingsLine
from lyricterm.app.widgets.settings_panel import SettingsPanel
from lyricterm.core.commands import Complete
from lyricterm.core.events import Completed, Event, Inspected, Noticed, Refused, ResumeOffered
from lyricterm.core.number_format import epoch_at
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe

if TYPE_CHECKING:
    from lyricterm.app.exportable import Stories

OFFER_SECONDS = 60.0
"""How long the offer to go on with an unfinished run is shown."""
ASK_AGAIN = 0.4
"""Seconds between two completions of the same text while the model learns."""


class StudioScreen(RunScreen):
    """Handlers move the state on, watchers hand it to the widgets.

    Other screens are imported when they are opened: the first frame does not wait for them.
    """

    AUTO_FOCUS = ""
    ACTIONS: ClassVar[tuple[Action, ...]] = STUDIO_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, recipe: Recipe, send: SEND) -> None:
        super().__init__(recipe, send)
        self._request = 0
        self._asked_at = 0.0
        self._will_ask: Timer | None = None
        self._keep_request: int | None = None

    def compose(self) -> ComposeResult:
        """Header, curves, settings beside the log, prompt, keys."""
        self.fit()
        yield Header(id="header")
        yield Curves(id="curves")
        with Horizontal(id="middle"):
            yield SettingsPanel(id="settings-panel")
            yield SampleLog(id="log")
        yield SettingsLine(id="settings-line")
        yield NoticeBar(id="notice")
        yield Prompt(id="prompt")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first state: nothing has been heard of the trainer yet."""
        self.query_one(Curves).reword()
        self.watch_state(None, self.state)

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
            self.set_timer(OFFER_SECONDS, self.forget_offer)
        self._ask_again()

    def watch_state(self, old: RunState | None, new: RunState) -> None:
        """Hand the state to whoever shows it."""
        self.query_one(Header).state = new
        self.query_one(SettingsPanel).state = new
        self.query_one(SettingsLine).state = new
        self.query_one(SampleLog).state = new
        self.query_one(Prompt).state = new
        self.query_one(Curves).state = new
        self._show_notice(new)
        if old is None or old.status is not new.status:
            self.refresh_bindings()

    def on_idle(self) -> None:
        """A typed character does not wait for the clock."""
        self.paint_at_once(self.query_one(PromptInput), self.query_one(Prompt))

    def reword(self) -> None:
        """Draw every word anew, in the language in use now."""
        self.query_one(Curves).reword()
        self.query_one(SettingsPanel).show(self.state)
        self.query_one(Prompt).reword()
        self.query_one(SampleLog).redraw()
        self.watch_state(None, self.state)
        self.refresh(layout=True, recompose=False)
        for widget in self.query("*"):
            widget.refresh()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, with the space bar's word saying what it would do now; before the run it has none."""
        active_ones = super().active_bindings
        status = self.state.status
        for key, active in active_ones.items():
            if active.binding.id == GO.id:
                named = replace(active.binding, description=go_word(status))
                active_ones[key] = active._replace(binding=named, enabled=status is not RunStatus.PREPARING)
        return active_ones

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A finished run has no minibatch to step to."""
        if action == "step" and self.state.status is RunStatus.FINISHED:
            return False
        return super().check_action(action, parameters)

    def _show_notice(self, state: RunState) -> None:
        self.query_one(NoticeBar).notices = (
            notices_watching(state) if reads_only(self) else notices(state, keys_of(self).words(STUDIO_ACTIONS))
        )

    def on_notice_bar_clicked(self, message: NoticeBar.Clicked) -> None:
        """Close an offer; show in full what there was no room for."""
        if message.notice.is_offer:
            self.action_dismiss_offer()
        elif message.cut:
            self.notify(message.notice.text, severity="warning", timeout=15, markup=False)

    def action_scroll_log(self, direction: int) -> None:
        """Through the lyrics, a page at a time."""
        log = self.query_one(SampleLog)
        log.scroll_relative(y=direction * max(1, log.size.height - 1), animate=False)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted where nothing takes it goes into the prompt."""
        field = self.query_one(PromptInput)
        field.focus()
        field.on_paste(event)

    def action_prompt(self) -> None:
        """Put the cursor into the prompt."""
        self.query_one(PromptInput).focus()

    def action_compare(self) -> None:
        """Put the runs beside each other."""
        from lyricterm.app.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(lambda: self.state, self.tell))

    def stories(self) -> Stories:
        """The current run."""
        from lyricterm.app.comparison import own_story

        return own_story(self.state)

    def copyable(self) -> str:
        """The completion there is, else the one that was kept last, else the last sample."""
        return to_copy(self.query_one(Prompt).completion, self.state)

    def action_help(self) -> None:
        """Open the help."""
        from lyricterm.app.screens.help import open_help

        open_help(self)

    def action_inside(self) -> None:
        """Look inside the running model."""
        from lyricterm.app.screens.inspector import InspectorScreen

        self.app.push_screen(InspectorScreen(self))

    def action_settings(self) -> None:
        """Open the settings; what comes back is applied, or starts a new run."""
        from lyricterm.app.screens.settings import SettingsScreen

        self.app.push_screen(SettingsScreen(self.state), self.take_settings)

    def action_texts(self) -> None:
        """Choose a text; a new run begins on it, and the run under way is kept."""
        from lyricterm.app.screens.corpus import CorpusScreen

        self.app.push_screen(CorpusScreen(lambda: self.state), self.take_text)

    def take_text(self, corpus: str | None) -> None:
        """A new run on another text; None changes nothing."""
        if corpus is not None:
            self.restart(replace(self.state.wanted, corpus=corpus))

    def action_exercises(self) -> None:
        """Open the list of the exercises."""
        from lyricterm.app.screens.exercises import ExercisesScreen

        self.app.push_screen(ExercisesScreen(lambda: self.state, self.tell))

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
        request = self.query_one(Prompt).request
        self.tell(
            Complete(self._request, typed, self.state.wanted.pred_len, request.decoding, request.seed, request.count)
        )

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
            self._keep(self.query_one(Prompt).completion or answer)

    def _keep(self, answer: Completed) -> None:
        entry = Pinned(
            epoch_at(answer.epoch, answer.minibatch),
            answer.perplexity,
            answer.typed,
            answer.text,
            answer.probabilities,
            answer.copied,
        )
        self.state = remember(self.state, entry)
