"""Lines drawn in Braille dots, two by four in each cell."""

from __future__ import annotations

import math
from collections.abc import Iterable

ACROSS, DOWN = 2, 4
"""Dots that a cell has."""
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EMPTY = 0x2800


class Dots:
    """A field of dots, counted from the top left."""

    def __init__(self, width: int, height: int) -> None:
        """``width`` and ``height`` in cells."""
        self.width, self.height = width, height
        self.masks = bytearray(width * height)
        """The dots of each cell, row by row."""

    def path(self, points: Iterable[tuple[float, float]]) -> None:
        """Join points, whose places ascend, by lines; what lies outside is left out.

        Args:
            points: finite places and heights in dots.
        """
        before: tuple[float, float] | None = None
        for point in points:
            self._join(before or point, point)
            before = point

    def thin(self) -> None:
        """Leave every second column of dots out, so that the lines are dotted."""
        left = sum(_BITS[0])
        self.masks = bytearray(mask & left for mask in self.masks)

    def _join(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        (x0, y0), (x1, y1) = start, end
        first, last = math.floor(x0), math.floor(x1)
        if first == last:
            self._column(first, y0, y1)
            return
        rise, run = y1 - y0, x1 - x0
        for x in range(max(first, 0), min(last, self.width * ACROSS - 1) + 1):
            # The share first: two places may lie so close that the slope is infinite.
            self._column(x, y0 + rise * ((max(x, x0) - x0) / run), y0 + rise * ((min(x + 1, x1) - x0) / run))

    def _column(self, x: int, start: float, end: float) -> None:
        """The dots of one column between two heights."""
        if not 0 <= x < self.width * ACROSS:
            return
        top, bottom = sorted((start, end))
        bits, cell = _BITS[x % ACROSS], x // ACROSS
        for y in range(max(math.floor(top), 0), min(math.floor(bottom), self.height * DOWN - 1) + 1):
            self.masks[y // DOWN * self.width + cell] |= bits[y % DOWN]


def braille(mask: int) -> str:
    """The character with these dots."""
    return chr(_EMPTY + mask)
