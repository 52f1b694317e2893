"""Going on with a prefix (chapter: "define the prediction function")."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.decoding import Decoding
from lyricterm.corpus.characters import Typed
from lyricterm.engine import device as devices
from lyricterm.engine.activations import ACTIVATIONS, Activation
from lyricterm.engine.cells.base import State
from lyricterm.engine.decoding import Decoder, decoder, filters_of, greedy, softmax
from lyricterm.engine.decoding.beam import Hypothesis, beam_search
from lyricterm.engine.model import Model
from lyricterm.engine.stack import Stack
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

    def __init__(
        self, model: Model, cell: str, vocabulary: Vocabulary, prepare: Callable[[str], Typed] = Typed
    ) -> None:
        """``prepare`` treats what is typed as the text was."""
        self.vocabulary, self.prepare = vocabulary, prepare
        self._trained = self._model = model
        if not devices.has_float64(model.parameters.flat.device):
            # Decoding wants it: a copy on the CPU writes.
            self._model = model.copy(torch.device("cpu"))
        self._stack = Stack(self._model, cell)
        self._step = self._stack.tape(1, 1)

    def generate(
        self, prefix: str, length: int, activation: str, options: Decoding, seed: int = 0, count: int = 1
    ) -> list[Completion]:
        """``count`` completions of a prefix: drawn with ``seed``, ``seed`` + 1, …, or the best of a beam search.

        Greedy decoding has one answer only; beam search has at most as many as the beam is wide.
        """
        if options.beam is not None:
            return self.search(prefix, length, activation, options)[:count]
        seeds = range(seed, seed + count) if options.draws else [seed]
        return [self.complete(prefix, length, activation, decoder(options, each)) for each in seeds]

    @torch.no_grad()
    def complete(self, prefix: str, length: int, activation: str, choose: Decoder = greedy) -> Completion:
        """The prefix's completion by exactly ``length`` characters.

        The state starts at zero and is warmed up over the prefix. With no known character in it, the
        first character comes from the zero state's scores.
        """
        known, unknown = self._look_up(prefix)
        written = list(self._write(known, length, activation, choose))
        text = self.vocabulary.decode(index for index, _sure in written)
        sure = torch.cat([sure for _index, sure in written]).nan_to_num_().tolist() if written else []
        return Completion(prefix, unknown, text, tuple(sure))

    def stream(
        self, prefix: str, length: int, activation: str, options: Decoding, seed: int = 0
    ) -> tuple[tuple[str, ...], Iterator[str]]:
        """The prefix's unknown characters, and its completion, character by character as they come; no beam search."""
        known, unknown = self._look_up(prefix)
        written = self._write(known, length, activation, decoder(options, seed))
        return unknown, (self.vocabulary.decode([index]) for index, _sure in written)

    def _write(
        self, known: Sequence[int], length: int, activation: str, choose: Decoder
    ) -> Iterator[tuple[int, Tensor]]:
        """Index and probability (1,) of one character after the other."""
        with torch.no_grad():
            state = self._warm_up(list(known), ACTIVATIONS[activation])
        history = list(known)
        for _ in range(length):
            # Switched off here, as between two characters somebody else's code runs.
            with torch.no_grad():
                scores = self.scores(state)
                index = choose(scores, history)
                sure = softmax(scores)[0].index_select(0, index)
                state = self._advance(index, state, ACTIVATIONS[activation])
            history.append(int(index))
            yield history[-1], sure

    @torch.no_grad()
    def search(self, prefix: str, length: int, activation: str, options: Decoding) -> list[Completion]:
        """The completions that a beam search of width ``options.beam`` finds, the most probable first."""
        known, unknown = self._look_up(prefix)
        state = self._warm_up(known, ACTIVATIONS[activation])

        def advance(chosen: Tensor, before: State) -> tuple[Tensor, State]:
            after = self.advance(chosen, before, activation)
            return self.scores(after), after

        found = beam_search(
            self.scores(state),
            state,
            advance,
            width=options.beam or 1,
            length=length,
            history=known,
            filters=filters_of(options),
        )
        return [self._told(prefix, unknown, each) for each in found]

    def _told(self, prefix: str, unknown: tuple[str, ...], found: Hypothesis) -> Completion:
        text = self.vocabulary.decode(list(found.indices))
        return Completion(
            prefix, unknown, text, tuple(0.0 if math.isnan(log) else math.exp(log) for log in found.log_probabilities)
        )

    @torch.no_grad()
    def start(self, prefix: str, activation: str) -> State:
        """The state after the known characters of a prefix, (1, H) for each state of each layer; zero without any."""
        known, _unknown = self._look_up(prefix)
        return tuple(part.clone() for part in self._warm_up(known, ACTIVATIONS[activation]))

    @torch.no_grad()
    def advance(self, indices: Tensor, state: State, activation: str) -> State:
        """The states after one more character each, (N,) and (N, H); the states given are left as they are."""
        tape = self._stack.tape(1, len(indices))
        self._stack.forward(tape, indices, state, ACTIVATIONS[activation])
        return tape.end()

    @torch.no_grad()
    def log_probabilities(self, state: State, indices: Sequence[int], activation: str) -> Tensor:
        """Of each of some characters after a state (1, H) and those before it, in nats, (characters,) float64."""
        rows = torch.tensor(list(indices), device=state[0].device, dtype=torch.long)
        tape = self._stack.tape(len(rows), 1)
        self._stack.forward(tape, rows, state, ACTIVATIONS[activation])
        scores = self._all_scores(tape.hidden[: len(rows), 0])
        return softmax(scores.double()).log().gather(1, rows[:, None])[:, 0]

    def scores(self, state: State) -> Tensor:
        """The scores of the next character, Y = H W_hy + b_y, (N, V); the unknown character is never written."""
        scores = self._all_scores(self._stack.hidden(state))
        if self.vocabulary.unknown is None:
            return scores
        return scores.index_fill(-1, torch.tensor([self.vocabulary.unknown], device=scores.device), -torch.inf)

    def _all_scores(self, hidden: Tensor) -> Tensor:
        return torch.addmm(self._model.weights.b_y, hidden, self._model.weights.W_hy)

    def _look_up(self, prefix: str) -> tuple[list[int], tuple[str, ...]]:
        typed = self.prepare(prefix)
        found = [(character, self.vocabulary.find(character)) for character in typed.text]
        known = [index for _, index in found if index is not None]
        absent = dict.fromkeys([*typed.dropped, *(character for character, index in found if index is None)])
        return known, tuple(sorted(absent, key=prefix.find))

    def _warm_up(self, known: list[int], activation: Activation) -> State:
        if self._model is not self._trained:
            self._model.parameters.load(self._trained.weights)
        state = self._stack.zero_state(1)
        if not known:
            return state
        rows = torch.tensor(known, device=state[0].device)
        tape = self._stack.tape(len(known), 1)
        self._stack.forward(tape, rows, state, activation)
        return tape.end()

    def _advance(self, index: Tensor, state: State, activation: Activation) -> State:
        self._stack.forward(self._step, index, state, activation)
        return self._step.end()
