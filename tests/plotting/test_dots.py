"""Lines in Braille: joined, through their points, never beyond the field."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from lyricterm.plotting.dots import ACROSS, DOWN, Dots, braille

dots = st.tuples(st.floats(-50, 250), st.floats(-50, 150))


def lit(field: Dots) -> set[tuple[int, int]]:
    """The dots that are set, counted from the top left; an own reading of Unicode's numbering."""
    order = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return {
        (cell % field.width * ACROSS + x, cell // field.width * DOWN + y)
        for cell, mask in enumerate(field.masks)
        for bit, (x, y) in enumerate(order)
        if mask >> bit & 1
    }


def test_a_line_in_braille() -> None:
    field = Dots(2, 1)
    field.path([(0, 0), (3, 3)])
    assert "".join(braille(mask) for mask in field.masks) == "⠳⣄"
    assert lit(field) >= {(0, 0), (1, 1), (2, 2), (3, 3)}


@given(st.lists(dots, max_size=12).map(sorted))
def test_a_path_is_joined_and_passes_its_points(points: list[tuple[float, float]]) -> None:
    field = Dots(100, 25)
    field.path(points)
    shown = lit(field)
    within = [(x, y) for x, y in points if 0 <= x < 200 and 0 <= y < 100]
    assert {(math.floor(x), math.floor(y)) for x, y in within} <= shown
    if points and len(within) == len(points):
        columns = {x for x, _y in shown}
        assert columns == set(range(math.floor(points[0][0]), math.floor(points[-1][0]) + 1))
        ys = [y for _x, y in points]
        assert all(math.floor(min(ys)) <= y <= math.floor(max(ys)) for _x, y in shown)
        for x in sorted(columns)[:-1]:
            # Neighbouring columns touch.
            here, there = [{y for at, y in shown if at == column} for column in (x, x + 1)]
            assert min(abs(y - other) for y in here for other in there) <= 1
