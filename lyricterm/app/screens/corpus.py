"""``t``: the texts that can be trained on, and what each is like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import DirectoryTree, Input, OptionList, Tree

from lyricterm.app.actions import Action, bindings, keys_of
from lyricterm.app.corpus_choice import TextChoice, choices, recent_texts
from lyricterm.app.corpus_page import error, page, waiting
from lyricterm.app.reading_thread import ThreadReading
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.screens.corpus_actions import CORPUS_ACTIONS, PATH_ACTIONS
from lyricterm.app.screens.dialogs import AskScreen
from lyricterm.app.screens.help import open_help
from lyricterm.app.widgets.file_tree import FileTree, start_folder
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.pane import Pane
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.app.widgets.text_list import TextList
from lyricterm.core.errors import CorpusError, LyrictermError, StoppedError
from lyricterm.core.i18n import _
from lyricterm.core.pasted_path import pasted
from lyricterm.core.sanitize import brief
from lyricterm.core.settings import Recipe
from lyricterm.core.text_settings import join_corpus
from lyricterm.core.visitor import visitor
from lyricterm.corpus.datasets import DATASETS
from lyricterm.corpus.fetch import fetch
from lyricterm.corpus.length import check_distinct, check_length
from lyricterm.corpus.preview import Preview, preview
from lyricterm.storage.run_store import Store
from lyricterm.storage.shared_runs import open_store

PAUSE = 0.15
"""Seconds that the cursor must stay on a text before it is read."""
_LOOK = 0.25
"""Seconds between two looks how far a reading is, and how fast the run under way."""


class PathInput(SafeInput):
    """Where a path is typed, pasted or dropped."""

    ACTIONS: ClassVar[tuple[Action, ...]] = PATH_ACTIONS
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def action_leave(self) -> None:
        """Stop a long reading of what is typed; else give the keys back to the files or the list."""
        if isinstance(self.screen, CorpusScreen) and self.screen.stop_long():
            return
        for chooser in (*self.screen.query("#files"), *self.screen.query("#texts")):
            if chooser.display:
                chooser.focus()
                return


class CorpusScreen(LabScreen[str | None]):
    """Returns the corpus to use, as the setting names it, or None. Reads in threads; the run under way goes on."""

    AUTO_FOCUS = "#texts"
    ACTIONS: ClassVar[tuple[Action, ...]] = CORPUS_ACTIONS
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (OptionList, Tree)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, state: Callable[[], RunState], store: Store | None = None) -> None:
        """``state`` is the studio's."""
        super().__init__()
        self._state, self._store = state, store or open_store()
        self._choices: tuple[TextChoice, ...] = choices()
        self._corpus = ""
        """What is looked at."""
        self._seen: Preview | str | None = None
        """What was read of it, or why it cannot be."""
        self._reading: ThreadReading | None = None
        self._will_read: Timer | None = None
        self._hurries = False
        """It is to be used as soon as it is read."""

    def compose(self) -> ComposeResult:
        """The list or the files, beside what the text under the cursor is like; the path; keys."""
        with Horizontal(id="corpus"):
            with Vertical(id="choose"):
                yield TextList(id="texts")
            yield Pane(id="about")
        if visitor() is None:
            yield PathInput(id="path", compact=True, select_on_focus=False)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show what is known at once, and look for recent texts on the disk."""
        self.reword()
        self._list()
        self.set_interval(_LOOK, self._look)
        self.run_worker(self._find_recent, thread=True, exit_on_error=False, group="recent")

    def on_unmount(self) -> None:
        """Nobody waits for what is being read."""
        self._stop()

    def on_resize(self) -> None:
        """Draw to the new size."""
        self.call_after_refresh(self._draw)

    def reword(self) -> None:
        """Every word in the language in use now."""
        self.query_one(TextList).border_title = _("texts")
        for field in self.query(PathInput):
            field.placeholder = _("the path of a file, a folder or a pattern")
        self._list()
        self._draw()

    # The list

    def _find_recent(self) -> None:
        recent = recent_texts(info.recipe.corpus for info in self._store.newest_first())
        self.app.call_from_thread(self._take_recent, recent)

    def _take_recent(self, recent: tuple[str, ...]) -> None:
        self._choices = choices(recent)
        self._list()

    def _list(self) -> None:
        self.query_one(TextList).fill(self._choices, self._state().wanted.corpus)

    @property
    def _choice(self) -> TextChoice | None:
        return next((each for each in self._choices if each.corpus == self._corpus), None)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        if event.option.id is not None and not self.query(FileTree):
            self._turn_to(event.option.id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()

    # Files and paths

    def action_files(self) -> None:
        """Files instead of the list, or the list again."""
        trees = self.query(FileTree)
        texts = self.query_one(TextList)
        if trees:
            trees.remove()
            texts.display = True
            texts.focus()
            self.refresh_bindings()
            return
        texts.display = False
        tree = FileTree(start_folder(), id="files")
        tree.border_title, tree.show_guides, tree.guide_depth = _("files"), False, 2
        self.query_one("#choose").mount(tree)
        tree.focus()
        self.refresh_bindings()

    def action_up(self) -> None:
        """The folder above."""
        for tree in self.query(FileTree):
            tree.path = Path(tree.path).resolve().parent

    @on(Tree.NodeHighlighted)
    def _file_moved(self, event: Tree.NodeHighlighted[object]) -> None:
        event.stop()
        for tree in self.query(FileTree):
            if tree.chosen is not None and tree.has_focus:
                self._turn_to(join_corpus([str(tree.chosen)]))

    @on(DirectoryTree.FileSelected)
    def _file_clicked(self, event: DirectoryTree.FileSelected) -> None:
        event.stop()

    def action_path(self) -> None:
        """Type a path."""
        self.query_one(PathInput).focus()

    def on_paste(self, event: events.Paste) -> None:
        """A path that is pasted, or a file that is dropped on the terminal, wherever the cursor is."""
        field = next(iter(self.query(PathInput)), None)
        if field is not None and not field.has_focus:
            event.stop()
            field.value = pasted(event.text.strip())
            field.cursor_position = len(field.value)
            field.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value.strip():
            self._turn_to(pasted(event.value))

    # What a text is like

    def _turn_to(self, corpus: str) -> None:
        """Look at another text, once the cursor stays on it."""
        if corpus == self._corpus:
            return
        self._stop()
        self._corpus, self._seen, self._hurries = corpus, None, False
        self.query_one("#about", Pane).scroll_home(animate=False)
        choice = self._choice
        if choice is not None and choice.fetch:
            sentence = _("{name} is not here yet; {begin_key} fetches it. {notice}")
            words = keys_of(self).words(self.ACTIONS)
            self._seen = sentence.format(name=choice.label, notice=_(DATASETS[choice.fetch].notice), **words)
        else:
            self._will_read = self.set_timer(PAUSE, partial(self._read, corpus))
        self._draw()

    def _read(self, corpus: str) -> None:
        self._begin_reading(partial(self._try_to_read, replace(self._state().wanted, corpus=corpus)))

    def _begin_reading(self, work: Callable[[ThreadReading], None]) -> None:
        self._reading = ThreadReading()
        self.run_worker(partial(work, self._reading), thread=True, exit_on_error=False, group="reading")

    def _try_to_read(self, recipe: Recipe, reading: ThreadReading) -> None:
        """In a thread: read a text, or find out why it cannot be."""
        seen: Preview | str
        try:
            seen = preview(recipe, reading.report)
            check_distinct(len(seen.corpus.characters))
            check_length(len(seen.corpus.text), recipe.sampling, recipe.batch, recipe.steps)
        except LyrictermError as wrong:
            seen = str(wrong)
        self.app.call_from_thread(self._take, reading, seen)

    def _take(self, reading: ThreadReading, seen: Preview | str) -> None:
        if reading is self._reading:
            self._reading, self._seen = None, seen
            self._draw()
            if self._hurries:
                self._hurries = False
                self.action_begin()

    def _stop(self) -> None:
        """Stop what is being read."""
        if self._will_read is not None:
            self._will_read.stop()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.stop()

    def _look(self) -> None:
        """How far the reading is; how long the epochs would take."""
        if self._reading is not None or isinstance(self._seen, Preview):
            self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The folder above is a thing of the files, which also have the page keys to themselves; visitors have none."""
        if action in ("files", "path") and visitor() is not None:
            return False
        if action in ("up", "page") and bool(self.query(FileTree)) != (action == "up"):
            return False
        return super().check_action(action, parameters)

    def _draw(self) -> None:
        pane = self.query_one("#about", Pane)
        width, height, paint = pane.scrollable_content_region.width, pane.size.height, pane.paint
        pane.border_title = Text(brief(self._corpus))
        if isinstance(self._seen, Preview):
            pane.show(page(self._seen, self._state(), width, height, paint))
        elif self._seen is not None:
            pane.show(error(self._seen, width, paint))
        elif self._reading is not None and self._reading.takes_long:
            pane.show(waiting(self._reading.done, self._reading.total, width, paint))
        else:
            pane.show([])

    def action_page(self, direction: int) -> None:
        """Through what is said of the text."""
        pane = self.query_one("#about", Pane)
        pane.scroll_relative(y=direction * max(1, pane.size.height - 1), animate=False)

    # What is done with it

    def action_begin(self) -> None:
        """Use the text, if it can be used; fetch it first where that is needed."""
        choice = self._choice
        if choice is not None and choice.fetch:
            question = _("Fetch {name}?").format(name=choice.label) + " " + _(DATASETS[choice.fetch].notice)
            self.app.push_screen(AskScreen(question, _("fetch")), partial(self._fetch, choice.fetch))
        elif isinstance(self._seen, Preview):
            self.dismiss(self._corpus)
        elif self._seen is None:
            self._hurries = True

    def _fetch(self, name: str, agreed: bool | None) -> None:
        if agreed:
            self._seen = None
            self._begin_reading(partial(self._try_to_fetch, name))

    def _try_to_fetch(self, name: str, reading: ThreadReading) -> None:
        """In a thread: fetch a data set, or find out why it cannot be had."""
        try:
            fetch(name, reading.report)
        except (CorpusError, StoppedError) as wrong:
            self.app.call_from_thread(self._take, reading, str(wrong))
        else:
            self.app.call_from_thread(self._take_fetched, reading, name)

    def _take_fetched(self, reading: ThreadReading, name: str) -> None:
        self._choices = tuple(replace(each, fetch="") if each.fetch == name else each for each in self._choices)
        self._list()
        if reading is self._reading:
            self._reading, self._corpus = None, ""
            self._turn_to(name)

    def action_help(self) -> None:
        """Open the help."""
        open_help(self)

    def stop_long(self) -> bool:
        """Stop the reading that a person sees; True if there is one."""
        if self._reading is None or not self._reading.takes_long:
            return False
        self._stop()
        self._seen = _("The reading was stopped.")
        self._draw()
        return True

    def action_done(self) -> None:
        """Stop what is being read; else back, from the files to the list, from the list to where it was opened."""
        if self.stop_long():
            return
        if self.query(FileTree):
            self.action_files()
        else:
            self.dismiss(None)
