"""Runs beside each other: a table of all, the curves of the chosen ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from lyricterm.app.actions import Action, bindings, short
from lyricterm.app.comparison import (
    LETTERS,
    NOW,
    DrawnRuns,
    RunRow,
    preset,
    rows_of,
    series_of,
    stories_of_row,
    with_live,
    without_exercises,
)
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.compare_actions import CHOOSE, COMPARE_ACTIONS, EXERCISES
from lyricterm.app.screens.compare_curves import CurvesScreen
from lyricterm.app.screens.help import open_help
from lyricterm.app.screens.kept_runs import Listing, Shelf, ShelfRead, kept
from lyricterm.app.seed_rows import by_seeds
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.plot import Plot
from lyricterm.app.widgets.run_table import RunTable
from lyricterm.core.commands import Command, Open
from lyricterm.core.i18n import _, n_
from lyricterm.core.log import logger
from lyricterm.plotting.chart import Chart
from lyricterm.reports.describe import incomparable, without_curve
from lyricterm.reports.perplexity_chart import levels_of, perplexity_chart
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_store import Store
from lyricterm.storage.shared_runs import open_store

if TYPE_CHECKING:
    from lyricterm.app.exportable import Stories

LIVE_EVERY = 0.5
"""Seconds between two looks at the run of the studio."""
READ_EVERY = 1.5
"""Seconds between two looks at the disk, at least."""
_REST = 20
"""Times what a look at the disk takes, until the next one: a slow disk is asked less often."""
PLOT_WIDTH, PLOT_HEIGHT = 60, 18
"""The terminal's size from which the curves are shown."""


class CompareScreen(CurvesScreen):
    """Reads the disk in a thread, the studio's run from the studio."""

    AUTO_FOCUS = ""
    ACTIONS: ClassVar[tuple[Action, ...]] = COMPARE_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(
        self, state: Callable[[], RunState], send: Callable[[Command], None], store: Store | None = None
    ) -> None:
        """Set up.

        Args:
            state: tells what the studio knows now.
            send: hands a command to the trainer.
            store: the kept runs.
        """
        super().__init__(store or open_store())
        self._state, self._send = state, send
        self._shelf = Shelf((), {})
        self._choice = DrawnRuns()
        self._begun = self._reading = self._again = False
        self.reads = 0
        """How often the disk has been looked at."""
        self._drawn_run = -1
        """The number of the run that was drawn by itself, as the studio's."""
        self._at = ""
        self._in_seconds = False
        self._held_out = True
        self._listing = Listing()
        self._walked = False
        """The cursor was moved; until then it stays on the first row."""
        self._next: Timer | None = None

    def compose(self) -> ComposeResult:
        """The table over a sentence over the curves."""
        yield RunTable(id="runs")
        yield Static(id="remark")
        yield Plot(id="plot", legend=True)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the studio's run at once, and look at the disk."""
        self._take_rows(Shelf(rows_of((), self._state()), {}))
        self.set_interval(LIVE_EVERY, self._live)
        self.read()

    def on_resize(self) -> None:
        """Share the rows between the table and the curves."""
        self._lay_out()
        self._remark()

    @property
    def row(self) -> RunRow | None:
        """Where the cursor is."""
        table = self.query_one(RunTable)
        return table.rows[table.at] if 0 <= table.at < len(table.rows) else None

    @property
    def _ahead(self) -> str:
        """The letter of the run where the cursor is; empty if it is not drawn."""
        slot = self._choice.slot(self._at)
        return LETTERS[slot] if slot >= 0 else ""

    # What is read

    def read(self) -> None:
        """Look at the disk in a thread; if that is being done, once more after it."""
        if self._next is not None:
            self._next.stop()
        if self._reading:
            self._again = True
        else:
            self._reading, self._again = True, False
            wanted = set(self._choice.ids)
            look = partial(self._look, self._state(), wanted, not self._begun, self._listing)
            self.run_worker(look, thread=True, exit_on_error=False, group="library")

    def _look(self, state: RunState, wanted: set[str], first: bool, listing: Listing) -> None:
        """In a thread."""
        begun, shelf = time.perf_counter(), None
        try:
            found = self._library.scan()
            entries = found if listing.exercises else without_exercises(found, state)
            rows = rows_of(entries, state)
            rows = by_seeds(rows) if listing.grouped else rows
            ids = set(preset(rows).ids) if first else wanted
            infos = [info for row in kept(rows) if row.id in ids for info in row.infos]
            shelf = Shelf(rows, self._library.traces(infos), listing, len(found) - len(entries))
        except Exception:
            logger().exception("while the kept runs were read")
        self.post_message(ShelfRead(shelf, time.perf_counter() - begun))

    @on(ShelfRead)
    def _take_read(self, message: ShelfRead) -> None:
        self._reading = False
        if message.shelf is not None and message.shelf.wanted == self._listing:
            first, self._begun = not self._begun, True
            rows = with_live(message.shelf.rows, self._state())
            if first:
                self._choice = preset(rows)
            self._take_rows(replace(message.shelf, rows=rows))
            self.reads += 1
        if self._again:
            self.read()
        else:
            self._next = self.set_timer(max(READ_EVERY, _REST * message.seconds), self.read)

    def _live(self) -> None:
        """The studio's run as it stands now."""
        rows = with_live(self._shelf.rows, self._state())
        if rows != self._shelf.rows:
            self._take_rows(replace(self._shelf, rows=rows))

    def _take_rows(self, shelf: Shelf) -> None:
        self._shelf, rows = shelf, shelf.rows
        own = next((row.id for row in rows if row.live), "")
        choice = self._choice.renamed(NOW, own) if own else self._choice
        if own and self._state().run != self._drawn_run and choice.slot(own) < 0:
            # A run that begins while the screen is open.
            choice = choice.toggled(own)
        self._drawn_run = self._state().run if own else self._drawn_run
        self._choice = choice.among(row.id for row in rows if row.info) if self._begun else choice
        table = self.query_one(RunTable)
        at = min(table.at, max(0, len(rows) - 1))
        at = next((i for i, row in enumerate(rows) if row.id == self._at), at) if self._walked else 0
        changed = len(rows) != len(table.rows)
        table.rows, table.at = rows, at
        self._at = rows[at].id if rows else ""
        if changed:
            self._lay_out()
        self._draw()

    # What is shown

    def _draw(self) -> None:
        """Hand the widgets what they show."""
        state, rows = self._state(), self._shelf.rows
        table, plot = self.query_one(RunTable), self.query_one(Plot)
        table.choice = self._choice
        series = series_of(rows, self._choice, self._shelf.traces, state, self._in_seconds)
        series = series if self._held_out else tuple(each for each in series if not each.dotted)
        chart = perplexity_chart(series, levels_of(self._chosen()), self._in_seconds)
        before = plot.chart
        plot.chart = replace(chart, view=before.view, cursor=before.cursor, ahead=self._ahead)
        plot.sentence = self._sentence(plot.chart)
        count = sum(len(row.infos) for row in rows)
        sentence = n_("{count} run", "{count} runs", count) + " · " + _("{chosen} drawn")
        table.border_title = _("compare")
        table.border_subtitle = sentence.format(count=f"{count:,}", chosen=len(self._choice.ids)) + self._hidden()
        self._remark()

    def _hidden(self) -> str:
        """How many runs of exercises are not listed, in a few words."""
        count = self._shelf.of_exercises
        words = n_("{key}: {count} of an exercise", "{key}: {count} of exercises", count)
        return f" · {words.format(key=short(self, EXERCISES), count=f'{count:,}')}" if count else ""

    def _sentence(self, chart: Chart) -> str:
        if not self._begun:
            return _("Reading the runs…")
        if not self._choice.ids:
            return _("Choose runs to draw with {choose_key}.").format(choose_key=short(self, CHOOSE))
        if self._in_seconds and not any(series.places or series.crosses for series in chart.series):
            return _("There are no timings of these runs.")
        return without_curve(self._chosen())

    def _chosen(self) -> list[RunInfo]:
        by_id = {row.id: row.info for row in self._shelf.rows}
        return [info for run in self._choice.ids if (info := by_id.get(run)) is not None]

    def _remark(self) -> None:
        """What must be known of what is shown."""
        width, height = self.size
        sentences = [incomparable(self._chosen())]
        if width < PLOT_WIDTH or height < PLOT_HEIGHT:
            told = _("The curves need a terminal of {width}×{height}.")
            sentences.append(told.format(width=PLOT_WIDTH, height=PLOT_HEIGHT))
        said = " ".join(sentence for sentence in sentences if sentence)
        remark = self.query_one("#remark", Static)
        if remark.display != bool(said):
            remark.display = bool(said)
        if said != getattr(remark, "said", ""):
            remark.said = said  # type: ignore[attr-defined]
            remark.update(Text(said))

    def _lay_out(self) -> None:
        width, height = self.size
        small = width < PLOT_WIDTH or height < PLOT_HEIGHT
        table, plot = self.query_one(RunTable), self.query_one(Plot)
        plot.display = not small
        rows = min(len(self._shelf.rows) + 3, max(6, height * 2 // 5))
        table.styles.height = "1fr" if small else rows

    # What is done

    def action_move(self, rows: int) -> None:
        """The cursor of the table up or down."""
        table = self.query_one(RunTable)
        self._go_to(min(max(table.at + rows, 0), max(0, len(table.rows) - 1)))

    def _go_to(self, at: int) -> None:
        table = self.query_one(RunTable)
        if 0 <= at < len(table.rows):
            self._walked = True
            table.at, self._at = at, table.rows[at].id
            plot = self.query_one(Plot)
            plot.chart = replace(plot.chart, ahead=self._ahead)

    def action_choose(self) -> None:
        """Draw the run's curve, or no more."""
        row = self.row
        if row is None:
            return
        if row.info is None:
            self.notify(row.cells[1], severity="warning", markup=False)
            return
        choice = self._choice.toggled(row.id)
        if choice == self._choice:
            sentence = _("{count} curves are drawn already; take one of them away first.")
            self.notify(sentence.format(count=len(choice.ids)), severity="warning", markup=False)
        self._choice = choice
        self._draw()
        self.read()

    def action_flip_axis(self) -> None:
        """Seconds instead of epochs, or the other way round."""
        self._in_seconds = not self._in_seconds
        # Places of the one are none of the other.
        plot = self.query_one(Plot)
        plot.chart = replace(plot.chart, view=None, cursor=None)
        self._draw()

    def action_group(self) -> None:
        """One line for the runs that differ only in their seed, or one for each."""
        self._listing = replace(self._listing, grouped=not self._listing.grouped)
        self._begun = self._walked = False
        self.read()

    def action_show_exercises(self) -> None:
        """List the runs of exercises as well, or no more; where nothing is drawn, the newest listed are."""
        shown, self._begun = not self._listing.exercises, bool(self._choice.ids)
        self._listing = replace(self._listing, exercises=shown)
        self.read()

    def action_show_held_out(self) -> None:
        """Draw the lines of the held-out text, or hide them."""
        self._held_out = not self._held_out
        self._draw()

    @on(RunTable.Moved)
    @on(RunTable.Marked)
    @on(RunTable.Taken)
    def _clicked(self, message: RunTable.Moved) -> None:
        self._go_to(message.at)
        if isinstance(message, RunTable.Marked):
            self.action_choose()
        elif isinstance(message, RunTable.Taken):
            self.action_open()

    def action_open(self) -> None:
        """Go on with the run in the studio."""
        row = self.row
        if row is None or row.info is None:
            self.action_choose()
            return
        if row.others:
            self.say_several()
            return
        if not row.live:
            self._send(Open(row.id))
        self.dismiss()

    def action_help(self) -> None:
        """Open the help."""
        open_help(self)

    def action_close(self) -> None:
        """Back to the studio."""
        self.dismiss()

    def stories(self) -> Stories:
        """The chosen runs, else the one of the cursor."""
        row = self.row
        rows = [each for each in self._shelf.rows if each.id in self._choice.ids and each.info]
        rows = rows or ([row] if row and row.info else [])
        state = self._state()
        return lambda: [story for row in rows for story in stories_of_row(row, state)]
