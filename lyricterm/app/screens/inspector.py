"""``i``: the inside of the running model, in tabs. What is not looked at is not asked for."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from lyricterm.app.actions import Action, bindings
from lyricterm.app.inspector import VIEWS
from lyricterm.app.inspector.actions import FIND_ACTIONS, INSPECTOR_ACTIONS, LETTERS, MOVES, ONE_STEP, PAUSE
from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.characters import CharactersView
from lyricterm.app.inspector.next_character import NextCharacterView
from lyricterm.app.inspector.pieces import Lines, prose
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.screens.help import open_help
from lyricterm.app.screens.run_screen import RunScreen
from lyricterm.app.screens.studio_actions import go_word
from lyricterm.app.widgets.header import Header
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.pane import Pane
from lyricterm.app.widgets.prompt import Prompt
from lyricterm.app.widgets.prompt_input import PromptInput
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.app.widgets.tabs import TabBar
from lyricterm.core.commands import Inspect
from lyricterm.core.events import Inspected
from lyricterm.core.i18n import _
from lyricterm.core.inspection import NotShown, Question
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import visible
from lyricterm.core.settings import MAX_PREFIX_CHARS

AGAIN = 0.5
"""Seconds between two questions about the same thing while the model learns."""
SOON = 0.15
"""Seconds between two questions while a person moves about."""
_LOOK = 0.05

_IN_VIEWS = {action.id: name for name, action in MOVES.items()}
_TYPED = {action.id for action in LETTERS}


class FindInput(SafeInput):
    """Where characters are typed that are looked for."""

    ACTIONS: ClassVar[tuple[Action, ...]] = FIND_ACTIONS
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def action_done(self) -> None:
        """Give the keys back to the screen."""
        self.screen.set_focus(None)


class InspectorScreen(LabScreen[None]):
    """Asks what the open view wants to know, hands it the answer, and draws it."""

    AUTO_FOCUS = ""
    ACTIONS: ClassVar[tuple[Action, ...]] = INSPECTOR_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, studio: RunScreen) -> None:
        super().__init__()
        self._studio = studio
        self._views: tuple[View, ...] = tuple(view() for view in VIEWS)
        self._open = 0
        self._request = 0
        self._waits = False
        self._asked: tuple[Question, object] | None = None
        self._asked_at = 0.0
        self._asker = self.view
        self._refusal = ""
        self._seen_run = studio.state.progress.run if studio.state.progress else 0

    @property
    def view(self) -> View:
        """The tab that is open."""
        return self._views[self._open]

    def compose(self) -> ComposeResult:
        """Header, tabs, the field to find characters in, the view, keys."""
        yield Header(id="header")
        yield TabBar(tuple((view.title, view.short) for view in VIEWS), id="tabs")
        yield FindInput(id="find", compact=True, max_length=100, select_on_focus=False)
        yield Pane(id="inside")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Follow the studio's state, and ask while this is the screen that is looked at."""
        self.watch(self._studio, "state", self._moved, init=False)
        self.watch(self._studio, "inspected", self._answered, init=False)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.call_after_refresh(self._draw))
        self._looking = self.set_interval(_LOOK, self._ask)
        self.query_one(Header).state = self._studio.state
        self.reword()

    def on_screen_suspend(self) -> None:
        """Something covers it: nobody looks."""
        self._looking.pause()

    def on_screen_resume(self) -> None:
        """It is looked at again."""
        self._looking.resume()

    def on_resize(self) -> None:
        """Draw to the new size."""
        self.call_after_refresh(self._draw)

    def reword(self) -> None:
        """Every word anew, in the language in use."""
        self.query_one(FindInput).placeholder = _("type characters to find them")
        for widget in (self.query_one(Header), self.query_one(TabBar), self.query_one(KeyBar)):
            widget.refresh()
        self._show_tab()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, with the words for what they do in the open view."""
        found = {}
        for key, active in super().active_bindings.items():
            name = active.binding.id or ""
            words = self._words(name, active.binding.description)
            if words is not None:
                found[key] = active._replace(binding=replace(active.binding, description=words))
        return found

    def _words(self, name: str, words: str) -> str | None:
        """What a key does here; None if nothing."""
        if name in _IN_VIEWS:
            return self.view.keys.get(_IN_VIEWS[name])
        if name in _TYPED and isinstance(self.view, CharactersView):
            return None
        status = self._studio.state.status
        if name == PAUSE.id:
            return go_word(status)
        # A finished run has no minibatch to step to.
        return None if name == ONE_STEP.id and status is RunStatus.FINISHED else words

    def _sight(self) -> Sight:
        state = self._studio.state
        typed = self._studio.query_one(Prompt).typed or next(iter(state.prefixes), "")
        size = self.query_one(Pane).scrollable_content_region.size
        return Sight(state, typed, max(10, size.width), max(5, size.height))

    def _moved(self, state: RunState) -> None:
        header = self.query_one(Header)
        before, header.state = header.state, state
        if before is None or before.status is not state.status:
            self.refresh_bindings()
        run = state.progress.run if state.progress else self._seen_run
        if run != self._seen_run:
            self._seen_run = run
            # What was asked of the run before may never be answered.
            self._waits, self._asked = False, None
            for view in self._views:
                view.forget()
            self._draw()

    def _ask(self) -> None:
        """One question at a time; the same one again only once the model has moved on."""
        if self._waits or self.app.screen is not self or self.has_class("-too-small"):
            return
        question = self.view.question(self._sight())
        if question is None:
            return
        asked = (question, self.view.place(self._studio.state))
        if asked == self._asked:
            return
        same = self._asked is not None and self._asked[0] == question
        if monotonic() - self._asked_at < (AGAIN if same else SOON):
            return
        self._asked, self._asked_at, self._waits = asked, monotonic(), True
        self._asker = self.view
        self._request += 1
        self._studio.tell(Inspect(self._request, question))

    def _answered(self, told: Inspected | None) -> None:
        if told is None or told.request != self._request or not self._waits:
            return
        self._waits = False
        if told.run != self._seen_run and self._seen_run:
            self._asked = None
            return
        self._refusal = told.answer.sentence if isinstance(told.answer, NotShown) else ""
        if not self._refusal:
            self._asker.take(told.answer)
        self._draw()

    def _draw(self) -> None:
        pane = self.query_one(Pane)
        if self.is_mounted and pane.size.width:
            pane.show(self._lines(pane))

    def _lines(self, pane: Pane) -> Lines:
        sight = self._sight()
        if self._refusal:
            return prose(self._refusal, sight.width, pane.paint["alarm"])
        lines = self.view.lines(sight, pane.paint)
        if lines:
            return lines
        waits = self._studio.state.status is RunStatus.PREPARING
        words = _("The run is being prepared…") if waits else _("looking…")
        return prose(words, sight.width, pane.paint["quiet"])

    def _show_tab(self) -> None:
        self.query_one(TabBar).open = self._open
        find = self.query_one(FindInput)
        find.display = isinstance(self.view, CharactersView)
        if not find.display and find.has_focus:
            self.set_focus(None)
        self._refusal, self._asked = "", None
        self.query_one(Pane).scroll_home(animate=False)
        self.refresh_bindings()
        self._draw()
        self.call_after_refresh(self._draw)

    @on(TabBar.Opened)
    def _tab_clicked(self, message: TabBar.Opened) -> None:
        self.action_open(message.number)

    def action_open(self, number: int) -> None:
        """Another tab."""
        if number != self._open:
            self._open = number
            self._show_tab()

    def action_press(self, key: str) -> None:
        """A key of the open view."""
        if key == "choose" and isinstance(self.view, NextCharacterView):
            self._choose(self.view, None)
        else:
            self.view.press(key, self._sight())
            self._draw()

    def action_page(self, key: str) -> None:
        """By pages: what does not fit, or the view's own list."""
        pane = self.query_one(Pane)
        if pane.max_scroll_y:
            pane.scroll_relative(y=pane.size.height * (1 if key == "page-down" else -1), animate=False)
        else:
            self.action_press(key)

    def action_go_to(self, number: int) -> None:
        """A thing of the open view was clicked."""
        self.view.go_to(number)
        self._draw()

    def action_choose(self, candidate: int) -> None:
        """A next character was clicked."""
        if isinstance(self.view, NextCharacterView):
            self._choose(self.view, candidate)

    def _choose(self, view: NextCharacterView, candidate: int | None) -> None:
        """Go on from a candidate: it stands in the prompt then."""
        text = view.chosen(candidate)
        if text is None:
            return
        field = self._studio.query_one(PromptInput)
        if len(text) > MAX_PREFIX_CHARS:
            sentence = _("The prompt holds {count} characters; go on from an earlier place.")
            self.notify(sentence.format(count=f"{MAX_PREFIX_CHARS:,}"), severity="warning", markup=False)
        elif field.validate_value(text) != text:
            sentence = _("{character} cannot be shown, so it cannot be used in the prompt; choose another one.")
            self.notify(sentence.format(character=visible(text[-1])), severity="warning", markup=False)
        else:
            field.value = text
            field.cursor_position = len(text)
            view.went_on()
            self._draw()

    def action_find(self) -> None:
        """Type characters to find."""
        if isinstance(self.view, CharactersView):
            self.query_one(FindInput).focus()

    def on_key(self, event: events.Key) -> None:
        """While the characters are looked at, what is typed is looked for."""
        bound = {"space", "slash", *(str(number) for number in range(1, len(VIEWS) + 1))}
        if not isinstance(self.view, CharactersView) or self.focused is not None or event.key in bound:
            return
        if event.character is not None and event.is_printable:
            event.stop()
            event.prevent_default()
            find = self.query_one(FindInput)
            find.focus()
            find.value += event.character
            find.cursor_position = len(find.value)

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        view = self._views[1]
        if isinstance(view, CharactersView):
            view.find(event.value)
            self._draw()

    async def action_in_studio(self, action: str) -> None:
        """What the studio does by the same key."""
        await self._studio.run_action(action)

    def action_flip(self, setting: str) -> None:
        """Change a setting of the running model and see what it does here."""
        self._studio.action_flip(setting)

    def action_help(self) -> None:
        """Open the help."""
        open_help(self)

    def action_studio(self) -> None:
        """Back."""
        self.dismiss()
