"""Another text for a model that has learnt one: the weights of shared characters stay (fine-tuning)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from lyricterm.core.errors import CheckpointError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.engine.checkpoint import Checkpoint
from lyricterm.engine.shape import EMBEDDING, OUTPUT, layer_names
from lyricterm.engine.trainer import Trainer


@dataclass(frozen=True)
class Adapted:
    """Characters of the new text."""

    kept: int
    """Those that the model knew: their weights are as they were."""
    new: int
    """Those whose weights are drawn anew."""
    gone: int
    """Those that the model knew and the new text has not."""


@torch.no_grad()
def adapt(trainer: Trainer, saved: Checkpoint) -> Adapted:
    """Take over the weights of a checkpoint's model into a trainer that has not begun.

    Raises:
        CheckpointError: if nothing is shared, or the models differ in more than their characters.
    """
    ours, theirs = trainer.vocabulary, saved.vocabulary
    shared = [(i, theirs.index[each]) for i, each in enumerate(ours.characters) if each in theirs.index]
    if not shared:
        sentence = _("The text {name} shares no character with the text of this checkpoint; train a new run on it.")
        raise CheckpointError(sentence.format(name=one_line(trainer.corpus.name)))
    device = trainer.device
    here, there = (torch.tensor(places, device=device) for places in zip(*shared, strict=True))
    learnt = saved.standing.weights.named
    # A one-hot character selects a row of the first layer, or of the embedding if there is one.
    looked_up = EMBEDDING if EMBEDDING in learnt else layer_names(0)[0]
    for name, weight in trainer.model.weights.named.items():
        source = learnt[name].to(device)
        if name == looked_up or name == OUTPUT[1]:
            weight[here] = source[there]
        elif name == OUTPUT[0]:
            weight[:, here] = source[:, there]
        else:
            weight.copy_(source)
    trainer.model.keep()
    return Adapted(len(shared), len(ours) - len(shared), len(theirs) - len(shared))
