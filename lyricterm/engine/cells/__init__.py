"""Recurrent cells by name."""

from __future__ import annotations

from typing import Any

from lyricterm.core.settings import Recipe
from lyricterm.engine.cells.gru import Gru
from lyricterm.engine.cells.lstm import Lstm
from lyricterm.engine.cells.rnn import Rnn
from lyricterm.engine.shape import Shape

CELLS: dict[str, Any] = {"rnn": Rnn(), "gru": Gru(), "lstm": Lstm()}


def shape_of(recipe: Recipe, vocabulary: int) -> Shape:
    """How large the model of a run is, with so many distinct characters."""
    return Shape(vocabulary, recipe.hidden, CELLS[recipe.cell].gates, recipe.layers, recipe.embedding)
