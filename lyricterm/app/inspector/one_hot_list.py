"""What a minibatch is to the chapter's model: a list of one-hot matrices, one a time step."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, prose
from lyricterm.core.i18n import _
from lyricterm.core.inspection import RowShown
from lyricterm.core.sanitize import visible

_LEAST = 3
"""Rows that it takes at least."""
_NAME = 6


def one_hot_list(row: RowShown, characters: Sequence[str], width: int, rows: int, paint: Paint) -> Lines:
    """A line for each matrix: which column of each of its rows holds the 1, and the character that is.

    Args:
        row: the answer that holds the minibatch's inputs.
        characters: of the vocabulary, by index.
        width: in cells.
        rows: that there is room for.
        paint: the styles.
    """
    if not row.inputs or rows < _LEAST:
        return []
    told = _("the next minibatch: X_1 … X_{steps}, a list of {steps} matrices of {batch} × {size}; the 1 of each row:")
    sizes = {"steps": row.steps, "batch": row.batch, "size": f"{len(characters):,}"}
    head = [TextLine(), *prose(told.format(**sizes), width, paint["quiet"])]
    room = max(1, rows - len(head))
    steps = list(range(len(row.inputs)))
    # The last matrix ends the list, however many there is no room for.
    shown = steps if len(steps) <= room else [*steps[: max(1, room - 2)], None, row.steps - 1][:room]
    return head + [_matrix(step, row, characters, width, paint) for step in shown]


def _matrix(step: int | None, row: RowShown, characters: Sequence[str], width: int, paint: Paint) -> TextLine:
    if step is None:
        return TextLine("…", paint["quiet"])
    line = TextLine(f"X_{step + 1}".ljust(_NAME), paint["key"])
    indices = row.inputs[step] if step < len(row.inputs) else ()
    for place, index in enumerate(indices):
        name = visible(characters[index])
        cell = f"{name}{' ' * max(1, 3 - cell_len(name))}{index:<{len(str(len(characters)))}} "
        more = place + 1 < row.batch
        if line.width + cell_len(cell) + 2 * more > width:
            return line.add("…", paint["quiet"])
        line.add(cell, paint["picked" if index == row.index else "plain"])
    return line.add("…", paint["quiet"]) if len(indices) < row.batch else line
