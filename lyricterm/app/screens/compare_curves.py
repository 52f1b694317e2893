"""The curves of the comparison: zooming, moving and reading them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual import on

from lyricterm.app.screens.kept_runs import KeptRunsScreen
from lyricterm.app.widgets.plot import Plot
from lyricterm.plotting.chart import Chart

_STEP = 0.01
"""Share of what is seen that the cursor moves by."""
_ZOOM = 0.7


class CurvesScreen(KeptRunsScreen):
    """Runs on disk, with one plot."""

    def _change_chart(self, change: Callable[[Chart], Chart]) -> None:
        plot = self.query_one(Plot)
        if not plot.chart.empty:
            plot.chart = change(plot.chart)

    def action_zoom(self, direction: int) -> None:
        """Closer, or further away."""
        self._change_chart(lambda chart: chart.zoomed(_ZOOM**direction))

    def action_whole(self) -> None:
        """All of the setting, and no cursor."""
        self._change_chart(lambda chart: replace(chart, view=None, cursor=None))

    def action_read(self, steps: int) -> None:
        """Move the cursor along the curves."""
        self._change_chart(lambda chart: chart.stepped(steps * _STEP))

    @on(Plot.Pointed)
    def _point(self, message: Plot.Pointed) -> None:
        self._change_chart(lambda chart: replace(chart, cursor=message.place))

    @on(Plot.Zoomed)
    def _wheel(self, message: Plot.Zoomed) -> None:
        self._change_chart(lambda chart: chart.zoomed(message.factor, message.place))

    @on(Plot.Dragged)
    def _drag(self, message: Plot.Dragged) -> None:
        self._change_chart(lambda chart: chart.moved(message.share))
