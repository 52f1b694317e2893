"""The likeliest next characters at each place of a completion."""

from __future__ import annotations

import torch

from lyricterm.core.inspection import MOST_LIKELY, AskNext, NextShown
from lyricterm.engine.decoding import softmax
from lyricterm.engine.inspector.hidden_states import read
from lyricterm.engine.trainer import Trainer

_AT_ONCE = 64
"""Places whose scores are held at a time: each has as many as the vocabulary has characters."""


def likeliest(trainer: Trainer, question: AskNext) -> NextShown:
    """The candidates before each character and after the last, and the probability of what was taken."""
    reading = read(trainer, question.typed, question.length)
    weights, vocabulary = trainer.model.weights, trainer.vocabulary
    candidates: list[tuple[tuple[str, float], ...]] = []
    taken: list[float] = []
    for start in range(0, len(reading.hidden), _AT_ONCE):
        hidden, indices = (part[start : start + _AT_ONCE] for part in (reading.hidden, reading.indices))
        probabilities = softmax(torch.addmm(weights.b_y, hidden, weights.W_hy)).nan_to_num_()
        values, best = probabilities.topk(min(MOST_LIKELY, len(vocabulary)), dim=1)
        for row, sure in zip(best.tolist(), values.tolist(), strict=True):
            candidates.append(tuple(zip(vocabulary.decode(row), sure, strict=True)))
        # There is one state more than there are characters.
        taken += probabilities[: len(indices)].gather(1, indices[:, None])[:, 0].tolist()
    return NextShown(reading.text, reading.typed, tuple(candidates), tuple(taken))
