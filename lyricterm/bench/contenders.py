"""Who is measured. A contender trains minibatches of a workload's first epoch, over and over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lyricterm.bench.workloads import Workload
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, epoch_seed
from lyricterm.engine.trainer import Trainer


class Contender(Protocol):
    """Something that can train a workload."""

    def train(self, minibatches: int) -> float:
        """Train the next minibatches and return the first one's summed loss (NaN if it computes none)."""


def trainer_for(workload: Workload, device: str, engine: str = "bptt") -> Trainer:
    """A fresh trainer of a workload."""
    recipe = workload.recipe.with_values({"device": device, "engine": engine})
    return Trainer(recipe, load(recipe))


def use_threads(contender: object, threads: int) -> None:
    """Train with this many CPU threads from now on; our own trainer must not choose for itself."""
    if isinstance(contender, OwnTrainer):
        contender.use_threads(threads)
    torch.set_num_threads(threads)


class OwnTrainer:
    """This program's trainer, with the hand-derived engine or the chapter's own way."""

    def __init__(self, workload: Workload, device: str, engine: str) -> None:
        self._trainer = trainer_for(workload, device, engine)
        self._characters = workload.recipe.batch * workload.recipe.steps

    def use_threads(self, threads: int) -> None:
        """Train with this many."""
        self._trainer.change({"threads": str(threads)})

    def train(self, minibatches: int) -> float:
        """Train with clipping and update, as always."""
        first: float | None = None
        while minibatches > 0:
            steps = self._trainer.advance(minibatches)
            minibatches -= len(steps)
            first = steps[0].loss * self._characters if first is None else first
        return first if first is not None else float("nan")


class Reader:
    """The minibatches of the first epoch, round and round."""

    def __init__(self, trainer: Trainer, recipe: Recipe) -> None:
        indices = trainer.indices
        seed = epoch_seed(recipe.seed, 0)
        self._plan: Minibatches = SAMPLINGS[recipe.sampling](indices, recipe.batch, recipe.steps, seed)
        self._next = 0

    def read(self) -> tuple[Tensor, Tensor]:
        """The next minibatch, time-major: (steps, batch) each."""
        inputs, labels = self._plan[self._next]
        self._next = (self._next + 1) % len(self._plan)
        return inputs.t(), labels.t()


class LibraryRnn:
    """``torch.nn.RNN`` with autograd, the library's clipping and the library's SGD."""

    def __init__(self, workload: Workload, device: str, *, embedding: bool) -> None:
        trainer = trainer_for(workload, device)
        recipe, weights = trainer.recipe, trainer.model.weights
        vocabulary, hidden = weights.W_xh.shape
        self._reader, self._vocabulary = Reader(trainer, recipe), vocabulary
        self._theta = recipe.theta
        width = hidden if embedding else vocabulary
        self._embedding = nn.Embedding(vocabulary, width, device=trainer.device) if embedding else None
        self._rnn = nn.RNN(width, hidden, device=trainer.device)
        self._output = nn.Linear(hidden, vocabulary, device=trainer.device)
        with torch.no_grad():
            if self._embedding is not None:
                self._embedding.weight.copy_(weights.W_xh)
            W_ih, W_hh, *biases = self._rnn.parameters()
            W_ih.copy_(torch.eye(hidden) if embedding else weights.W_xh.t())
            W_hh.copy_(weights.W_hh.t())
            for bias in biases:
                bias.zero_()
            self._output.weight.copy_(weights.W_hy.t())
            self._output.bias.zero_()
        modules = (self._embedding, self._rnn, self._output)
        self._parameters = [p for module in modules if module is not None for p in module.parameters()]
        self._optimiser = torch.optim.SGD(self._parameters, lr=recipe.lr)

    def train(self, minibatches: int) -> float:
        """Train as a library user would write it."""
        losses = [self._minibatch() for _ in range(minibatches)]
        return float(losses[0])

    def _minibatch(self) -> Tensor:
        inputs, labels = self._reader.read()
        if self._embedding is not None:
            X = self._embedding(inputs)
        else:
            X = F.one_hot(inputs, self._vocabulary).to(torch.float32)
        outputs, _state = self._rnn(X)
        scores = self._output(outputs).flatten(0, 1)
        loss = F.cross_entropy(scores, labels.reshape(-1), reduction="sum")
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, self._theta)
        self._optimiser.step()
        return loss.detach()


class Floor:
    """The matrix products that cannot be avoided, and nothing else; it computes no loss."""

    def __init__(self, workload: Workload, device: str) -> None:
        trainer = trainer_for(workload, device)
        recipe, weights = trainer.recipe, trainer.model.weights
        rows = recipe.steps * recipe.batch
        self._steps, self._weights = recipe.steps, weights
        self._step = weights.W_hh.new_zeros(recipe.batch, recipe.hidden)
        self._step_out = torch.empty_like(self._step)
        self._hidden = weights.W_hh.new_zeros(rows, recipe.hidden)
        self._d_hidden = torch.empty_like(self._hidden)
        self._scores = weights.W_hh.new_empty(rows, weights.W_hy.shape[1])
        self._d_recurrent, self._d_output = torch.empty_like(weights.W_hh), torch.empty_like(weights.W_hy)

    @torch.no_grad()
    def train(self, minibatches: int) -> float:
        """Recurrent steps forward and back, the output layer forward and back, both weight gradients."""
        W_hh, W_hy = self._weights.W_hh, self._weights.W_hy
        for _minibatch in range(minibatches):
            for _step in range(self._steps):
                torch.mm(self._step, W_hh, out=self._step_out)
            torch.mm(self._hidden, W_hy, out=self._scores)
            torch.mm(self._hidden.t(), self._scores, out=self._d_output)
            torch.mm(self._scores, W_hy.t(), out=self._d_hidden)
            for _step in range(self._steps):
                torch.mm(self._step, W_hh.t(), out=self._step_out)
            torch.mm(self._hidden.t(), self._d_hidden, out=self._d_recurrent)
        return float("nan")


CONTENDERS: dict[str, Callable[[Workload, str], Contender]] = {
    "chapter": lambda workload, device: OwnTrainer(workload, device, "reference"),
    "nn-rnn-one-hot": lambda workload, device: LibraryRnn(workload, device, embedding=False),
    "nn-rnn-embedding": lambda workload, device: LibraryRnn(workload, device, embedding=True),
    "lyricterm": lambda workload, device: OwnTrainer(workload, device, "bptt"),
    "floor": Floor,
}
"""Contenders by name; the chapter's own way comes first, as everything is compared with it."""
