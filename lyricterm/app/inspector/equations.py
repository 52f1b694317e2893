"""The forward equations of the running model, beside what is seen of its inside."""

from __future__ import annotations

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight
from lyricterm.exercises.equations import forward_lines

_LEAST_HEIGHT = 24
"""Rows from which there is room for them."""
_GAP = "    "


def equations(sight: Sight) -> tuple[str, ...]:
    """As many on a line as fit; nothing in a low terminal."""
    if sight.height < _LEAST_HEIGHT:
        return ()
    lines: list[str] = []
    for equation in forward_lines(sight.state.trains):
        joined = f"{lines[-1]}{_GAP}{equation}" if lines else equation
        if lines and cell_len(joined) <= sight.width:
            lines[-1] = joined
        else:
            lines.append(equation)
    return tuple(lines)
