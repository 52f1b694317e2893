"""The vocabulary with its counts, and what a one-hot vector selects."""

from __future__ import annotations

from lyricterm.core.inspection import AskRow, AskVocabulary, RowShown, VocabularyShown
from lyricterm.engine.cells import CELLS
from lyricterm.engine.trainer import Trainer

_ROWS, _STEPS = 32, 100
"""Of the next minibatch's inputs that are shown at most."""


def vocabulary(trainer: Trainer, question: AskVocabulary) -> VocabularyShown:
    """Every character and how often it stands in the text."""
    counts = trainer.corpus.counts
    return VocabularyShown(trainer.vocabulary.characters, tuple(map(counts.__getitem__, trainer.vocabulary.characters)))


def row(trainer: Trainer, question: AskRow) -> RowShown:
    """The row of W_xh that a character looks up."""
    index = question.index % len(trainer.vocabulary)
    values = trainer.model.weights.W_xh[index].cpu().double()
    cell = CELLS[trainer.recipe.cell]
    gates = values.view(cell.gates, -1)
    shown = tuple(tuple(gate) for gate in gates[:, : question.most].tolist())
    inputs = trainer.next_minibatch()[0]
    return RowShown(
        index,
        gates.shape[1],
        shown,
        cell.gate_names,
        float(values.abs().max()),
        float(values.norm()),
        batch=len(inputs),
        steps=inputs.shape[1],
        inputs=tuple(tuple(rows) for rows in inputs[:_ROWS, :_STEPS].t().tolist()),
    )
