"""Recurrent cells by name."""

from __future__ import annotations

from typing import Any

from lyricterm.engine.cells.gru import Gru
from lyricterm.engine.cells.lstm import Lstm
from lyricterm.engine.cells.rnn import Rnn

CELLS: dict[str, Any] = {"rnn": Rnn(), "gru": Gru(), "lstm": Lstm()}
