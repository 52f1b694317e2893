"""One exercise, played: curves that grow side by side, a table that fills, the verdict, lyrics epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from lyricterm.app import exercise_page
from lyricterm.app.actions import Action, bindings
from lyricterm.app.exercise_thread import ExerciseProgress, ExerciseThread
from lyricterm.app.exportable import ExportableScreen
from lyricterm.app.grid_strips import curve_style
from lyricterm.app.widgets.keybar import KeyBar
from lyricterm.app.widgets.plot import Plot
from lyricterm.app.widgets.slider import Slider
from lyricterm.core.errors import LyrictermError
from lyricterm.core.i18n import N_
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise
from lyricterm.exercises.export import exported
from lyricterm.plotting.ticks import EPOCHS
from lyricterm.training.run_storage import RunStorage

if TYPE_CHECKING:
    from lyricterm.app.export_writer import Content

HOLD_INTERVAL = 0.2
"""Seconds between two looks at whether the studio's run still waits."""


class Holds(Protocol):
    """Keeps another run waiting."""

    def keep(self) -> None:
        """See that it waits."""


class Told(Message):
    """How the exercise stands; a newer one takes the place of one that waits."""

    def __init__(self, progress: ExerciseProgress) -> None:
        super().__init__()
        self.progress = progress

    def can_replace(self, message: Message) -> bool:
        """A progress says everything an older one said."""
        return isinstance(message, Told)


class TextColumn(VerticalScroll):
    """A place for text that tells when it has another size; it may come long after the text."""

    class Laid(Message):
        """It has another size."""

    def on_resize(self) -> None:
        """Tell it."""
        self.post_message(self.Laid())


class ExerciseScreen(ExportableScreen):
    """Plays one exercise from when it is shown until it is left."""

    AUTO_FOCUS = "#page"
    COMPONENT_CLASSES = {
        *("exercise--strong", "exercise--quiet", "exercise--alarm", "exercise--prefix", "exercise--equation"),
        *("exercise--bar", "exercise--way"),
    }
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            "exercise.stop",
            "escape",
            N_("leave"),
            N_("stop the exercise and go back to the list"),
            "stop",
            title=N_("leave the exercise"),
            rank=1,
            priority=True,
        ),
        Action(
            "exercise.earlier",
            "left",
            N_("earlier lyrics"),
            N_("the lyrics of the previous epoch"),
            "move(-1)",
            rank=2,
            priority=True,
        ),
        Action(
            "exercise.later",
            "right",
            N_("later lyrics"),
            N_("the lyrics of the next epoch"),
            "move(1)",
            rank=3,
            priority=True,
        ),
        Action(
            "exercise.earliest",
            "home",
            N_("first"),
            N_("the first lyrics: what an untrained model writes"),
            "first",
            title=N_("first lyrics"),
            rank=60,
            priority=True,
        ),
        Action(
            "exercise.latest",
            "end",
            N_("latest"),
            N_("the latest lyrics, and follow the training"),
            "latest",
            title=N_("latest lyrics"),
            rank=61,
            priority=True,
        ),
        Action(
            "exercise.figure",
            "tab",
            N_("other plot"),
            N_("the other plot, where there is one: gradient norms or times"),
            "figure",
            rank=4,
            priority=True,
        ),
        Action(
            "exercise.export-result",
            "w",
            N_("export"),
            N_("export the verdict with its curves and lyrics to a file"),
            "export",
            rank=5,
            synonyms=N_("save write report file CSV HTML SVG"),
        ),
        Action(
            "exercise.copy-verdict",
            "y",
            N_("copy"),
            N_("copy the verdict to the clipboard"),
            "copy",
            title=N_("copy the verdict"),
            synonyms=N_("clipboard"),
        ),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (VerticalScroll,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(
        self, exercise: Exercise, recipe: Recipe, hold: Holds, seeds: int, storage: RunStorage | None = None
    ) -> None:
        """``seeds``: how often each run is trained; ``storage``: where the runs are kept, if they are."""
        super().__init__()
        self._seeds, self._storage = seeds, storage
        self._exercise, self._recipe, self._hold = exercise, recipe, hold
        self._run: ExerciseThread | None = None
        self._progress = ExerciseProgress(())
        self._place: int | None = None
        """Where the person put the slider; None follows the training."""
        self._chart = 0
        self._shown = Text()

    def compose(self) -> ComposeResult:
        """Plots, then what is told beside the lyrics, then the slider."""
        yield Static(id="exercise-title")
        with Horizontal(id="plots"):
            yield Plot(id="plot")
            yield Plot(id="other-plot")
        with Horizontal(id="below"):
            with TextColumn(id="page"):
                yield Static(id="told")
            with TextColumn(id="lyrics", can_focus=False):
                yield Static(id="written")
        yield Slider(id="slider")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Begin."""
        self._hold.keep()
        self.set_interval(HOLD_INTERVAL, self._hold.keep)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.show())
        try:
            self._run = ExerciseThread(self._exercise, self._recipe, self._report, self._seeds, self._storage)
        except LyrictermError as error:
            self.query_one("#exercise-title", Static).update(Text(str(error)))
            return
        self._progress = self._run.first
        self.show()
        self._run.start()

    def on_unmount(self) -> None:
        """However it is left, its thread ends with it."""
        if self._run is not None:
            self._run.stop()

    def _report(self, progress: ExerciseProgress) -> None:
        """Called in the exercise's thread."""
        try:
            self.post_message(Told(progress))
        except RuntimeError:
            # The event loop has gone.
            return

    @on(Told)
    def _hear(self, message: Told) -> None:
        self._progress = message.progress
        if self.is_mounted:
            self.show()

    @on(TextColumn.Laid)
    def _wrap_anew(self) -> None:
        self.show()

    def show(self) -> None:
        """Show how the exercise stands."""
        progress = self._progress
        if not progress.results:
            return
        room = self.query_one("#exercise-title").content_region.width
        self._tell("#exercise-title", exercise_page.heading(self._exercise, progress, room, self._look))
        self._show_plots()
        self._show_slider()
        self._show_words()

    def reword(self) -> None:
        """Every word in the language in use now."""
        self.show()

    def _show_plots(self) -> None:
        charts = self._exercise.charts(self._progress.results)
        several = len(charts) > 1
        if several is not self.has_class("-several"):
            self.set_class(several, "-several")
            self.refresh_bindings()
        epoch = self._epoch()
        for place, name in enumerate(("#plot", "#other-plot")):
            plot = self.query_one(name, Plot)
            chart = charts[(self._chart + place) % len(charts)]
            marked = epoch is not None and self._place is not None and chart.unit is EPOCHS
            plot.chart = replace(chart, cursor=float(epoch or 0) if marked else None)

    def _show_slider(self) -> None:
        results, epoch = self._progress.results, self._epoch()
        self.set_class(epoch is not None, "-written")
        if epoch is None:
            return
        slider = self.query_one(Slider)
        slider.epochs = exercise_page.epochs_of(results)
        slider.place = slider.epochs.index(epoch)
        # Of several runs each has its own; they stand above their lyrics.
        (known, *others) = [[e.perplexity for e in result.epochs if e.epoch == epoch] for result in results]
        slider.perplexity = known[-1] if known and not others else math.nan

    def _show_words(self) -> None:
        """What is told, and the lyrics: beside it where there is room, else before or below it."""
        progress, epoch = self._progress, self._epoch()
        width = self._room("#page")
        told = exercise_page.told(self._exercise, progress, width, self._look)
        if epoch is not None:
            beside = self.has_class("-wide")
            room = self._room("#lyrics") if beside else width
            lyrics = exercise_page.lyrics(progress.results, epoch, room, self._look)
            if beside:
                self._tell("#written", lyrics)
            else:
                first = (self._exercise.every_epoch and progress.verdict is None) or self._place is not None
                told = Text("\n\n").join((lyrics, told) if first else (told, lyrics))
        self._tell("#told", told)

    def _epoch(self) -> int | None:
        """The epoch whose lyrics are shown."""
        epochs = exercise_page.epochs_of(self._progress.results)
        if not epochs:
            return None
        return epochs[-1] if self._place is None else min(epochs, key=lambda epoch: abs(epoch - (self._place or 0)))

    def _room(self, name: str) -> int:
        return max(20, self.query_one(name).scrollable_content_region.width)

    def _tell(self, name: str, text: Text) -> None:
        """Draw a text if it is another; lay out anew only if it takes other room."""
        widget = self.query_one(name, Static)
        before = getattr(widget, "lyricterm_text", None)
        if before == text:
            return
        widget.lyricterm_text = text  # type: ignore[attr-defined]
        widget.update(text, layout=before is None or before.plain.count("\n") != text.plain.count("\n"))

    def _look(self, name: str) -> Style:
        return curve_style(self.app, name) or self.get_component_rich_style(f"exercise--{name}", partial=True)

    def action_move(self, by: int) -> None:
        """One step through the lyrics."""
        epochs, now = exercise_page.epochs_of(self._progress.results), self._epoch()
        if now is not None:
            self._go(epochs.index(now) + by)

    def action_first(self) -> None:
        """The first lyrics."""
        self._go(0)

    def action_latest(self) -> None:
        """Follow the training again."""
        self._place = None
        self.show()

    @on(Slider.Moved)
    def _moved(self, message: Slider.Moved) -> None:
        self._go(message.place)

    def _go(self, place: int) -> None:
        epochs = exercise_page.epochs_of(self._progress.results)
        if epochs:
            self._place = epochs[min(max(0, place), len(epochs) - 1)]
            self.show()

    def content(self) -> Content:
        """The exercise as it stands."""
        return partial(exported, self._exercise, self._progress.results)

    def copyable(self) -> str:
        """The verdict in sentences; empty before there is one."""
        verdict = self._progress.verdict
        return "" if verdict is None else "\n".join(filter(None, (verdict.conclusion, *verdict.told, *verdict.why)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not shown."""
        return not (action == "figure" and not self.has_class("-several"))

    def action_figure(self) -> None:
        """The other plot first."""
        self._chart += 1
        self.show()

    def action_stop(self) -> None:
        """Stop it and go back to the list."""
        self.dismiss(None)
