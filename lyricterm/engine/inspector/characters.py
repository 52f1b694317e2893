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
    """The row of W_xh that a character looks up; with an embedding, its row of that times W_xh."""
    index, weights = question.index % len(trainer.vocabulary), trainer.model.weights
    embedding = 0 if weights.W_e is None else weights.W_e.shape[1]
    if weights.W_e is None:
        values = weights.W_xh[index].cpu().double()
    else:
        values = weights.W_e[index].cpu().double() @ weights.W_xh.cpu().double()
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
        embedding=embedding,
        inputs=tuple(tuple(rows) for rows in inputs[:_ROWS, :_STEPS].t().tolist()),
    )
