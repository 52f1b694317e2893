"""torch's own modules, trained as their users write it: autograd, the library's clipping, the library's SGD."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lyricterm.core.settings import Recipe
from lyricterm.engine.initial_weights import INITIAL_SCALE
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, epoch_seed
from lyricterm.engine.trainer import Trainer

MODULES: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
_BLOCKS = {"rnn": (0,), "gru": (0, 1, 2), "lstm": (0, 1, 3, 2)}
"""Which of our gates stands at each place of torch's weights: its LSTM has the candidate before the output gate."""


class MinibatchReader:
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


class LibraryModule:
    """``torch.nn.RNN``, ``GRU`` or ``LSTM`` with a linear layer behind it, on one-hot vectors or on an embedding.

    torch's GRU applies the reset gate after the product with the state, ours before, as the book has it: that does
    not change how much there is to compute.
    """

    def __init__(self, trainer: Trainer, *, embedding: bool) -> None:
        recipe, weights, device = trainer.recipe, trainer.model.weights, trainer.device
        vocabulary, hidden = len(trainer.vocabulary), recipe.hidden
        self._reader, self._vocabulary, self._theta = MinibatchReader(trainer, recipe), vocabulary, recipe.theta
        width = hidden if embedding else vocabulary
        self._embedding = nn.Embedding(vocabulary, width, device=device) if embedding else None
        self._module = MODULES[recipe.cell](width, hidden, device=device)
        self._output = nn.Linear(hidden, vocabulary, device=device)
        modules = (self._embedding, self._module, self._output)
        self._parameters = [p for module in modules if module is not None for p in module.parameters()]
        with torch.no_grad():
            self._start_as(trainer)
            self._output.weight.copy_(weights.W_hy.t())
            self._output.bias.zero_()
        self._optimiser = torch.optim.SGD(self._parameters, lr=recipe.lr)

    def _start_as(self, trainer: Trainer) -> None:
        """Our first weights; where an embedding cannot have them, others of the same size."""
        cell, weights = trainer.recipe.cell, trainer.model.weights
        W_ih, W_hh, *biases = self._module.parameters()
        W_hh.copy_(_in_torchs_order(weights.W_hh, cell).t())
        for bias in biases:
            bias.zero_()
        if self._embedding is None:
            W_ih.copy_(_in_torchs_order(weights.W_xh, cell).t())
        elif cell == "rnn":
            self._embedding.weight.copy_(weights.W_xh)
            W_ih.copy_(torch.eye(len(W_ih)))
        else:
            self._embedding.weight.normal_(0, INITIAL_SCALE)
            W_ih.normal_(0, INITIAL_SCALE)

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
        outputs, _state = self._module(X)
        scores = self._output(outputs).flatten(0, 1)
        loss = F.cross_entropy(scores, labels.reshape(-1), reduction="sum")
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, self._theta)
        self._optimiser.step()
        return loss.detach()


def _in_torchs_order(weight: Tensor, cell: str) -> Tensor:
    """Our (n, G·H) with torch's order of the gates."""
    blocks = weight.chunk(len(_BLOCKS[cell]), dim=1)
    return torch.cat([blocks[i] for i in _BLOCKS[cell]], dim=1)
