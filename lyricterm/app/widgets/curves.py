"""The studio's three curves beside each other."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive

from lyricterm.app.progress_charts import PanelView, loss_view, norm_view, perplexity_view
from lyricterm.app.run_state import RunState
from lyricterm.app.widgets.curve_panel import CurvePanel
from lyricterm.core.events import Progress
from lyricterm.core.i18n import N_, _
from lyricterm.core.run_data import Facts

TURN = 0.025
"""Seconds from one panel to the next: more than a frame."""


def _loss(progress: Progress, facts: Facts | None) -> PanelView:
    return loss_view(progress, facts.vocabulary if facts else 2)


def _perplexity(progress: Progress, facts: Facts | None) -> PanelView:
    return perplexity_view(progress, facts.vocabulary if facts else 2, facts.held_out if facts else None)


def _norm(progress: Progress, _facts: Facts | None) -> PanelView:
    return norm_view(progress)


VIEWS: dict[str, Callable[[Progress, Facts | None], PanelView]] = {
    "loss": _loss,
    "perplexity": _perplexity,
    "norm": _norm,
}
"""What each panel shows, by its id."""
_TITLES = {"loss": N_("loss"), "perplexity": N_("perplexity"), "norm": N_("gradient norm")}
"""Before anything is known."""


class Curves(Horizontal):
    """Shows the progress of a ``RunState``, one panel after the other: a key need not wait for all."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._due: list[str] = []
        """The panels that do not show the latest progress yet."""

    def compose(self) -> ComposeResult:
        """One panel a curve."""
        for name in VIEWS:
            yield CurvePanel(id=name)

    def reword(self) -> None:
        """Every word anew, in the language in use now."""
        for name, title in _TITLES.items():
            self.query_one(f"#{name}", CurvePanel).retitle(_(title))
        for name in VIEWS:
            self._draw(name)

    def watch_state(self, old: RunState | None, new: RunState | None) -> None:
        """Begin to draw, unless the panels are being drawn already."""
        if new is None or (old is not None and old.progress is new.progress):
            return
        is_idle = not self._due
        self._due += [name for name in VIEWS if name not in self._due]
        if is_idle:
            self._draw_next()

    def _draw_next(self) -> None:
        if self._due:
            self._draw(self._due.pop(0))
        if self._due:
            self.set_timer(TURN, self._draw_next)

    def _draw(self, name: str) -> None:
        if self.state is not None and self.state.progress is not None:
            self.query_one(f"#{name}", CurvePanel).view = VIEWS[name](self.state.progress, self.state.facts)
