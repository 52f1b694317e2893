"""The runs on disk, as a screen: what can be done to the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from textual.message import Message

from lyricterm.app.actions import short
from lyricterm.app.comparison import NOW, RunRow
from lyricterm.app.exportable import StoriesScreen
from lyricterm.app.screens.compare_actions import BY_SEEDS
from lyricterm.app.screens.dialogs import AskScreen, NameScreen
from lyricterm.core.errors import LyrictermError
from lyricterm.core.i18n import _
from lyricterm.storage.run_cache import Library, Trace
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_store import Store


@dataclass(frozen=True)
class Listing:
    """Which lines the table has."""

    grouped: bool = False
    """A line stands for the runs that differ only in their seed."""
    exercises: bool = False
    """The runs of exercises have lines as well."""


@dataclass(frozen=True)
class Shelf:
    """What was read of the disk."""

    rows: tuple[RunRow, ...]
    traces: Mapping[str, Trace]
    wanted: Listing = Listing()
    """What was to be listed."""
    of_exercises: int = 0
    """Runs of exercises that are not listed."""


class ShelfRead(Message):
    """The disk was looked at."""

    def __init__(self, shelf: Shelf | None, seconds: float) -> None:
        super().__init__()
        self.shelf, self.seconds = shelf, seconds


def kept(rows: Iterable[RunRow]) -> list[RunRow]:
    """Those that are on disk and can be read."""
    return [row for row in rows if row.info is not None and row.id != NOW]


class KeptRunsScreen(StoriesScreen):
    """Changes the run under the cursor on disk, in a thread."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store, self._library = store, Library(store)

    @property
    def row(self) -> RunRow | None:
        """Where the cursor is."""
        raise NotImplementedError

    def read(self) -> None:
        """Look at the disk again."""
        raise NotImplementedError

    def copyable(self) -> str:
        """What the run of the cursor wrote last."""
        row = self.row
        return row.entry.sample if row and row.entry else ""

    def action_pin(self) -> None:
        """Keep the run's checkpoint whatever needs room, or no more."""
        info = self._kept_row()
        if info is not None:
            self._change(partial(self._store.pin, info, not info.pinned))

    def action_name(self) -> None:
        """Call the run by a name."""
        info = self._kept_row()
        if info is not None:
            self.app.push_screen(NameScreen(info.spoken, info.name), partial(self._take_name, info))

    def _take_name(self, info: RunInfo, name: str | None) -> None:
        if name is not None:
            self._change(partial(self._store.rename, info, name))

    def action_remove(self) -> None:
        """Remove the run, if it is really wanted."""
        info = self._kept_row()
        if info is not None:
            question = _("Remove the run {name} with its curves, samples and checkpoint?")
            if info.pinned:
                question = _(
                    "The run {name} is pinned. Remove it all the same, with its curves, samples and checkpoint?"
                )
            asked = AskScreen(question.format(name=info.spoken), _("remove"))
            self.app.push_screen(asked, partial(self._take_removal, info))

    def _take_removal(self, info: RunInfo, agreed: bool | None) -> None:
        if agreed:
            self._change(partial(self._store.remove, info))

    def _kept_row(self) -> RunInfo | None:
        """The run of the cursor, if it is on disk; says why, if not."""
        row = self.row
        if row is not None and row.others:
            self.say_several()
            return None
        if row is not None and kept([row]):
            return row.info
        if row is not None:
            sentence = row.cells[1] if row.info is None else _("The run is not on disk.")
            self.notify(sentence, severity="warning", markup=False)
        return None

    def say_several(self) -> None:
        """What is done to one run cannot be done to a line of several."""
        sentence = _("This row is several runs; press {group_key} for one row each.")
        self.notify(sentence.format(group_key=short(self, BY_SEEDS)), severity="warning", markup=False)

    def _change(self, change: Callable[[], None]) -> None:
        """Change something on disk in a thread, and look at it again."""
        self.run_worker(partial(self._try, change), thread=True, exit_on_error=False, group="change")

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
        except LyrictermError as error:
            self.app.call_from_thread(partial(self.notify, str(error), severity="warning", markup=False))
        self.app.call_from_thread(self.read)
