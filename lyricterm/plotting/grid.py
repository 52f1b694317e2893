"""Cells of text with the name of a style each; who shows them knows what the names look like."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len

Glyph = tuple[str, str]
"""What stands in a cell, and the name of its style; the second cell of a wide character is empty."""
StyledText = tuple[str, str]
"""Text of one style, and the style's name."""

NONE = ""
AXIS, LEVEL, CURSOR, MARK, WORDS, LEGEND = "axis", "level", "cursor", "mark", "words", "legend"
"""Names of styles; beside them ``curve0`` and so on for each colour, ``label0`` for bold, ``key0`` in a legend."""

_BLANK: Glyph = (" ", NONE)
_UNDER = " ┄"
"""What may be written over: nothing, or the line of a level."""


class Grid:
    """Rows of cells, from the top."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows: list[list[Glyph]] = [[_BLANK] * width for _row in range(height)]

    def put(self, column: int, row: int, character: str, style: str) -> None:
        """One character that is one cell wide; beyond the edges it is left out."""
        if 0 <= row < self.height and 0 <= column < self.width:
            self.rows[row][column] = (character, style)

    def shown(self, column: int, row: int) -> str:
        """What stands in a cell."""
        return self.rows[row][column][0]

    def free(self, column: int, row: int, cells: int = 1) -> bool:
        """Whether nothing is drawn in some neighbouring cells, which are all on the grid."""
        if not (0 <= row < self.height and column >= 0 and column + cells <= self.width):
            return False
        return all(
            text and text in _UNDER and style != LEGEND for text, style in self.rows[row][column : column + cells]
        )

    def write(self, column: int, row: int, text: str, style: str) -> None:
        """Words, over what is there; what does not fit is left out."""
        cells = self.rows[row]
        for character in text:
            wide = cell_len(character)
            if column < 0 or column + wide > self.width:
                return
            if wide == 0 and column > 0:
                before, its_style = cells[column - 1]
                cells[column - 1] = (before + character, its_style)
                continue
            cells[column : column + wide] = [(character, style), ("", style)][:wide]
            column += wide

    def write_free(self, column: int, row: int, text: str, style: str) -> bool:
        """Words, if nothing else is drawn there; says whether they were written."""
        if not self.free(column, row, cell_len(text)):
            return False
        self.write(column, row, text, style)
        return True

    def runs(self, row: int) -> Iterator[StyledText]:
        """A row in pieces of one style."""
        for style, alike in groupby(self.rows[row], key=lambda glyph: glyph[1]):
            yield "".join(text for text, _style in alike), style
