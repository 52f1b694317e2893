"""Going on with a prefix (chapter: "define the prediction function")."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.activations import ACTIVATIONS, Activation
from lyricterm.engine.bptt import run_cell
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import Cell, State, Tape
from lyricterm.engine.decoding import Decoder, greedy, softmax
from lyricterm.engine.model import Model
from lyricterm.engine.vocabulary import Vocabulary


@dataclass(frozen=True)
class Completion:
    """What the model wrote after a prefix."""

    prefix: str
    unknown: tuple[str, ...]
    """Characters of the prefix that are not in the vocabulary, each once, in order; they were skipped."""
    text: str
    probabilities: tuple[float, ...]
    """The model's probability of each character of ``text``."""


class Generator:
    """Writes with a model as it is at each call."""

    def __init__(self, model: Model, cell: str, vocabulary: Vocabulary) -> None:
        self._model, self._vocabulary = model, vocabulary
        self._cell: Cell = CELLS[cell]
        self._step: Tape = self._cell.tape(1, 1, model.weights)

    @torch.no_grad()
    def complete(self, prefix: str, length: int, activation: str, choose: Decoder = greedy) -> Completion:
        """The prefix's completion by exactly ``length`` characters.

        The state starts at zero and is warmed up over the prefix. With no known character in it, the
        first character comes from the zero state's scores.
        """
        known, unknown = self._look_up(prefix)
        state = self._warm_up(known, ACTIVATIONS[activation])
        chosen, probabilities = [], []
        for _ in range(length):
            scores = torch.addmm(self._model.weights.b_y, state[0], self._model.weights.W_hy)
            index = choose(scores)
            chosen.append(index)
            probabilities.append(softmax(scores)[0].index_select(0, index))
            state = self._advance(index, state, ACTIVATIONS[activation])
        text = self._vocabulary.decode(torch.cat(chosen).tolist()) if chosen else ""
        sure = torch.cat(probabilities).nan_to_num_().tolist() if chosen else []
        return Completion(prefix, unknown, text, tuple(sure))

    def _look_up(self, prefix: str) -> tuple[list[int], tuple[str, ...]]:
        found = [(character, self._vocabulary.find(character)) for character in prefix]
        known = [index for _, index in found if index is not None]
        unknown = dict.fromkeys(character for character, index in found if index is None)
        return known, tuple(unknown)

    def _warm_up(self, known: list[int], activation: Activation) -> State:
        like = self._model.weights.W_hh
        state = tuple(like.new_zeros(1, self._model.hidden) for _ in range(self._cell.states))
        if not known:
            return state
        rows = torch.tensor(known, device=like.device)
        tape = self._cell.tape(len(known), 1, self._model.weights)
        run_cell(self._cell, tape, rows, state, self._model, activation)
        return tape.end()

    def _advance(self, index: Tensor, state: State, activation: Activation) -> State:
        run_cell(self._cell, self._step, index, state, self._model, activation)
        return self._step.end()
