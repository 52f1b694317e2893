"""Two lines that say what trains, where, how far and how fast."""

from __future__ import annotations

from pathlib import PurePath

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.actions import actions_of, keys_of
from lyricterm.app.run_state import RunState
from lyricterm.core.events import Loading
from lyricterm.core.i18n import _
from lyricterm.core.number_format import clock, epoch_at
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line

_MIN_BAR = 8
_MAX_BAR = 60


class Header(Widget):
    """Shows a ``RunState``."""

    COMPONENT_CLASSES = {
        "header--name",
        "header--quiet",
        "header--done",
        "header--left",
        *(f"header--{status.name.lower()}" for status in RunStatus),
    }

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def watch_state(self, old: RunState | None, new: RunState | None) -> None:
        """Draw only what is shown here: with a state that has another answer, say, these lines stay as they are."""
        if old is None or new is None or _shown_of(old) != _shown_of(new):
            self.refresh()

    def render(self) -> Text:
        """Identity above, progress below."""
        if self.state is None:
            return Text("")
        if self.size.height == 1:
            return self._progress(self.state)
        return Text("\n").join([self._identity(self.state), self._progress(self.state)])

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"header--{name}", partial=True)

    def _identity(self, state: RunState) -> Text:
        line = Text(" ", no_wrap=True)
        line.append("lyricterm", self._style("name"))
        facts = state.facts
        if facts is None:
            # The path may be longer than the line, which would push the second line away.
            line.append("  " + one_line(PurePath(state.recipe.corpus).name), self._style("quiet"))
            line.truncate(self.size.width)
            return line
        right = self._speed(state)
        parts = [
            one_line(facts.corpus),
            _("{count} characters").format(count=f"{facts.characters:,}"),
            _("{count} distinct").format(count=f"{facts.vocabulary:,}"),
            f"{state.recipe.cell} {state.recipe.hidden}",
            _("seed {seed}").format(seed=state.recipe.seed),
        ]
        room = self.size.width - line.cell_len - cell_len(right) - 5
        while len(parts) > 1 and cell_len(" · ".join(parts)) > room:
            parts.pop()
        line.append("  " + " · ".join(parts), self._style("quiet"))
        return self._spread(line, Text(right, self._style("quiet")))

    def _speed(self, state: RunState) -> str:
        facts, progress = state.facts, state.progress
        if facts is None:
            return ""
        threads = progress.threads if progress and progress.threads else facts.threads
        device = f"{facts.device} ×{threads}" if threads else facts.device
        if progress is None or not progress.chars_per_second:
            return device
        speed = _("{speed} characters/s").format(speed=f"{progress.chars_per_second:,.0f}")
        return f"{speed}  {device}"

    def _progress(self, state: RunState) -> Text:
        line = Text(" ", no_wrap=True)
        label = f" {state.status.label} "
        line.append(label, self._style(state.status.name.lower()))
        progress = state.progress
        if state.loading is not None:
            return self._loading(line, state.loading)
        if progress is None:
            return line
        epochs = progress.recipe.epochs
        done = min(1.0, (progress.epoch + progress.minibatch / max(1, progress.minibatches)) / epochs)
        line.append(
            " "
            + _("epoch {epoch}/{epochs}").format(
                epoch=f"{epoch_at(progress.epoch, progress.minibatch):,}", epochs=f"{epochs:,}"
            )
            + " "
        )
        tail = f" {100 * done:.0f} %"
        if progress.seconds_left is not None and state.status in (RunStatus.TRAINING, RunStatus.PAUSED):
            left = "  " + _("{time} left").format(time=clock(progress.seconds_left))
            fits = line.cell_len + cell_len(tail + left) < self.size.width
            tail += left if fits else ""
        if state.watched:
            tail += "  " + one_line(state.watched)
        return self._bar(line, done, tail)

    def _loading(self, line: Text, loading: Loading) -> Text:
        """How far the reading of a text is."""
        done = min(1.0, loading.done / loading.total) if loading.total else 0.0
        tail = f" {100 * done:.0f} %"
        words = keys_of(self).words(actions_of(self.screen))
        if "dismiss_key" in words:
            tail += "  " + _("{dismiss_key} stops").format(**words)
        reading = " " + _("reading the text") + " "
        # Where there is no room for both, the key that stops it matters more.
        if line.cell_len + cell_len(reading + tail) <= self.size.width:
            line.append(reading)
        return self._bar(line, done, tail)

    def _bar(self, line: Text, done: float, tail: str) -> Text:
        room = min(_MAX_BAR, self.size.width - line.cell_len - cell_len(tail) - 1)
        if room >= _MIN_BAR:
            full = round(done * room)
            line.append("━" * full, self._style("done"))
            line.append("━" * (room - full), self._style("left"))
        line.append(tail)
        line.truncate(self.size.width)
        return line

    def _spread(self, left: Text, right: Text) -> Text:
        gap = self.size.width - left.cell_len - right.cell_len - 1
        if gap < 2:
            return Text(set_cell_size(left.plain, max(0, self.size.width - 1)), no_wrap=True)
        left.append(" " * gap)
        left.append_text(right)
        return left


def _shown_of(state: RunState) -> tuple[object, ...]:
    return state.recipe, state.facts, state.status, state.progress, state.loading, state.watched
