"""How a chart lies in the cells of a terminal."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lyricterm.plotting.dots import ACROSS, DOWN
from lyricterm.plotting.ticks import Span


@dataclass(frozen=True)
class Frame:
    """Where the dots lie, and what they mean."""

    width: int
    height: int
    gutter: int
    """Cells to the left, for the labels of the vertical axis."""
    bottom: int
    """Rows below, for the horizontal axis."""
    tail: int
    """Cells to the right, for the labels of curves that have come to the end."""
    across: Span
    upwards: Span
    log: bool

    def column(self, place: float) -> int:
        """The column of a place that is looked at."""
        return min(max(math.floor(self.x(place) / ACROSS), 0), self.width - 1)

    def row(self, value: float) -> int:
        """The row of a value; the nearest where it is off the axis."""
        return min(max(math.floor(self.y(value) / DOWN), 0), self.height - 1)

    def x(self, place: float) -> float:
        """In dots; beyond the edges for what is not looked at."""
        return self.across.share(place) * (self.width * ACROSS - 1)

    def y(self, value: float) -> float:
        """In dots from the top; beyond the edges for what is off the axis."""
        share = self.upwards.share(math.log(value) if self.log else value)
        return (1 - share) * (self.height * DOWN - 1)

    def place(self, column: int) -> float | None:
        """The place in the middle of a column of the whole plot; None beside the curves."""
        column -= self.gutter
        if not 0 <= column < self.width:
            return None
        return self.across.at(min(max((column * ACROSS + 0.5) / (self.width * ACROSS - 1), 0.0), 1.0))

    def shows(self, place: float) -> bool:
        """Whether a place is looked at."""
        return self.across.low <= place <= self.across.high
