"""Writing lyrics: the chapter's prediction loop beside ours."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional as F

from lyricterm.bench.contenders import trainer_for
from lyricterm.bench.workloads import ANSWER, PREFIX, TRAINING
from lyricterm.engine.cells.base import State
from lyricterm.engine.reference import ACTS, STEPS
from lyricterm.engine.trainer import Trainer

Generate = Callable[[], str]
_EPOCHS = 1


def learnt(device: str) -> Trainer:
    """The default model after an epoch, so that there is something to write."""
    trainer = trainer_for(TRAINING["default"], device)
    while trainer.epoch < _EPOCHS:
        trainer.advance(trainer.burst)
    return trainer


def chapters_loop(trainer: Trainer) -> Generate:
    """One-hot vectors, the reference cell, one character after another (chapter: "define the prediction function")."""
    weights, vocabulary = trainer.model.weights, trainer.vocabulary
    step, act = STEPS[trainer.recipe.cell], ACTS[trainer.recipe.activation]

    @torch.no_grad()
    def write() -> str:
        output = [vocabulary.index[PREFIX[0]]]
        state: State = (weights.W_hh.new_zeros(1, trainer.recipe.hidden),)
        for t in range(ANSWER + len(PREFIX) - 1):
            index = torch.tensor([output[-1]], device=trainer.device)
            X = F.one_hot(index, len(vocabulary)).to(weights.W_xh.dtype)
            state = step(X, state, weights.layers[0], act)
            Y = state[0] @ weights.W_hy + weights.b_y
            known = t < len(PREFIX) - 1
            output.append(vocabulary.index[PREFIX[t + 1]] if known else int(Y[0].argmax()))
        return vocabulary.decode(output)[len(PREFIX) :]

    return write


def ours(trainer: Trainer) -> Generate:
    """What the prompt uses."""
    return lambda: trainer.complete(PREFIX, ANSWER).text


WRITERS: dict[str, Callable[[Trainer], Generate]] = {"chapter": chapters_loop, "lyricterm": ours}
