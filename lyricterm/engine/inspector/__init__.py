"""Looking inside a run between two minibatches. Nothing here writes to what trains: all works on buffers of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from lyricterm.core.inspection import (
    Answer,
    AskCheck,
    AskHidden,
    AskNext,
    AskOptimizerStep,
    AskRow,
    AskSampling,
    AskThroughTime,
    AskVocabulary,
    Question,
)
from lyricterm.engine import device as devices
from lyricterm.engine.inspector.characters import row, vocabulary
from lyricterm.engine.inspector.gradient_check import check
from lyricterm.engine.inspector.hidden_units import hidden
from lyricterm.engine.inspector.next_character import likeliest
from lyricterm.engine.inspector.optimizer_step import next_step
from lyricterm.engine.inspector.sampling import windows
from lyricterm.engine.inspector.through_time import through_time
from lyricterm.engine.trainer import Trainer

_ANSWERS: dict[type, Callable[[Trainer, Any], Answer]] = {
    AskSampling: windows,
    AskVocabulary: vocabulary,
    AskRow: row,
    AskThroughTime: through_time,
    AskHidden: hidden,
    AskNext: likeliest,
    AskCheck: check,
    AskOptimizerStep: next_step,
}


def look(trainer: Trainer, question: Question) -> Answer:
    """The answer, from the model as it is now.

    Raises:
        OutOfMemoryError: if there is no room for it; the run is as before.
    """
    with devices.memory_errors(), torch.no_grad():
        return _ANSWERS[type(question)](trainer, question)
