"""Every exercise."""

from __future__ import annotations

from lyricterm.exercises import (
    activation,
    cells,
    clipping,
    decoding,
    depth,
    detach,
    hyperparameters,
    memory,
    optimisers,
    pred_period,
    sampling,
)
from lyricterm.exercises.base import Exercise

_IN_ORDER = (
    *(sampling, hyperparameters, clipping, pred_period, detach, activation),
    *(memory, cells, depth, optimisers, decoding),
)

EXERCISES: dict[str, Exercise] = {module.EXERCISE.name: module.EXERCISE for module in _IN_ORDER}
"""By name, in the chapter's order."""
