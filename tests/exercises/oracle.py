"""Another way to train and to measure: the equations written down once more in float64, and torch's autograd.

Nothing of the engine computes here. Where a measurement of the program is checked, the engine only says at which
weights and on which minibatch it was made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

Weights = Sequence[Tensor]
State = tuple[Tensor, ...]
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu}


def step(cell: str, activation: str, weights: Weights, inputs: Tensor, state: State) -> State:
    """One time step from one-hot inputs (batch, V), by the equations that the exercises show."""
    W_x, W_h, b, *_output = weights
    act, (H, *rest) = _ACTIVATIONS[activation], state
    size = H.shape[1]
    X = inputs @ W_x + b
    if cell == "rnn":
        return (act(X + H @ W_h),)
    gates = torch.sigmoid(X[:, : -size or None] + H @ W_h[:, :-size])
    if cell == "gru":
        R, Z = gates.chunk(2, dim=1)
        return (Z * H + (1 - Z) * act(X[:, -size:] + (R * H) @ W_h[:, -size:]),)
    I, F, O = gates.chunk(3, dim=1)
    C = F * rest[0] + I * act(X[:, -size:] + H @ W_h[:, -size:])
    return O * act(C), C


@dataclass(frozen=True)
class Measured:
    """What a gradient is made of."""

    norms: tuple[float, ...]
    factor: float
    radius: float
    on: float
    never_on: int


def measure(cell: str, activation: str, weights: Weights, inputs: Tensor, labels: Tensor) -> Measured:
    """The gradient of the summed loss of one minibatch (batch, steps), read from the zero state."""
    leaves = [weight.detach().double().clone().requires_grad_() for weight in weights]
    hidden = read_through(cell, activation, leaves, inputs)
    for each in hidden:
        each.retain_grad()
    W_hy, b_y = leaves[3:]
    loss = cross_entropy(torch.cat(hidden) @ W_hy + b_y, labels.T.flatten().long(), reduction="sum")
    norms = tuple(float(part.norm()) for part in torch.autograd.grad(loss, leaves, retain_graph=True))
    last = cross_entropy(hidden[-1] @ W_hy + b_y, labels[:, -1].long(), reduction="sum")
    of_states = [float(part.norm()) for part in torch.autograd.grad(last, hidden)]
    on = torch.stack(hidden) > 0
    return Measured(
        norms,
        (of_states[0] / of_states[-1]) ** (1 / (len(of_states) - 1)),
        float(torch.linalg.eigvals(leaves[1].detach()).abs().max()) if cell == "rnn" else math.nan,
        float(on.double().mean()),
        int((~on.any(0).any(0)).sum()),
    )


def read_through(cell: str, activation: str, weights: Weights, inputs: Tensor) -> list[Tensor]:
    """The hidden state (batch, H) after each column of inputs (batch, steps), from the zero state."""
    size = weights[3].shape[0]
    zero = weights[0].new_zeros(len(inputs), size)
    state: State = (zero, zero) if cell == "lstm" else (zero,)
    hidden = []
    for column in one_hot(inputs.T.long(), len(weights[0])).double():
        state = step(cell, activation, weights, column, state)
        hidden.append(state[0])
    return hidden


@dataclass
class Student:
    """A plain RNN of its own, trained by autograd from weights of its own."""

    text: str
    hidden: int = 48
    steps: int = 20
    batch: int = 16
    sampling: str = "random"
    clip: float | None = 5.0
    lr: float = 0.2
    seed: int = 1
    perplexities: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vocabulary = sorted(set(self.text))
        self.index = {character: i for i, character in enumerate(self.vocabulary)}
        self.data = self.encode(self.text)
        self._dice = torch.Generator().manual_seed(self.seed)
        size, count = self.hidden, len(self.vocabulary)
        shapes = ((count, size), (size, size), (size,), (size, count), (count,))
        self.weights = [
            (0.01 * torch.randn(shape, generator=self._dice, dtype=torch.float64) * (len(shape) > 1)).requires_grad_()
            for shape in shapes
        ]

    def encode(self, text: str) -> Tensor:
        """Characters that the training text has, as their indices."""
        return torch.tensor([self.index[character] for character in text if character in self.index])

    def train(self, epochs: int) -> Student:
        """So many epochs more; ends where the loss is no number any more."""
        for _ in range(epochs):
            total, seen = 0.0, 0
            H = torch.zeros(self.batch, self.hidden, dtype=torch.float64)
            for inputs, labels in self._minibatches():
                H = H.detach() if self.sampling == "consecutive" else torch.zeros_like(H)
                loss, H = self._loss(inputs, labels, H)
                value = float(loss.detach())
                if not math.isfinite(value):
                    self.perplexities.append(math.inf)
                    return self
                self._descend(loss)
                total, seen = total + value, seen + labels.numel()
            self.perplexities.append(math.exp(min(700.0, total / seen)))
        return self

    @property
    def learnt(self) -> bool:
        """Better than guessing at the end."""
        return self.perplexities[-1] < len(self.vocabulary)

    @torch.no_grad()
    def score(self, text: str, *, carried: bool) -> float:
        """The perplexity on a text, read in examples of ``steps`` from zero states, or in one go."""
        data = self.encode(text)
        if carried:
            return math.exp(float(self._loss(data[None, :-1], data[None, 1:], self._zero(1))[0]) / (len(data) - 1))
        rows = data.unfold(0, self.steps + 1, self.steps)
        return math.exp(float(self._loss(rows[:, :-1], rows[:, 1:], self._zero(len(rows)))[0]) / rows[:, 1:].numel())

    def _zero(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.hidden, dtype=torch.float64)

    def _minibatches(self) -> list[tuple[Tensor, Tensor]]:
        if self.sampling == "random":
            rows = self.data.unfold(0, self.steps + 1, self.steps)
            order = torch.randperm(len(rows), generator=self._dice)
            parts = [rows[order[i : i + self.batch]] for i in range(0, len(rows) - self.batch + 1, self.batch)]
            return [(part[:, :-1], part[:, 1:]) for part in parts]
        length = (len(self.data) - 1) // self.batch
        X = self.data[: self.batch * length].view(self.batch, length)
        Y = self.data[1 : self.batch * length + 1].view(self.batch, length)
        places = range(0, length - self.steps + 1, self.steps)
        return [(X[:, i : i + self.steps], Y[:, i : i + self.steps]) for i in places]

    def _loss(self, inputs: Tensor, labels: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
        W_x, W_h, b, W_y, b_y = self.weights
        loss = torch.zeros((), dtype=torch.float64)
        for t in range(inputs.shape[1]):
            H = torch.tanh(W_x[inputs[:, t]] + H @ W_h + b)
            loss = loss + cross_entropy(H @ W_y + b_y, labels[:, t], reduction="sum")
        return loss, H

    def _descend(self, loss: Tensor) -> None:
        gradient = torch.autograd.grad(loss, self.weights)
        norm = math.sqrt(sum(float((part**2).sum()) for part in gradient))
        shrink = 1.0 if self.clip is None else min(1.0, self.clip / norm)
        with torch.no_grad():
            for weight, part in zip(self.weights, gradient, strict=True):
                weight -= self.lr * shrink * part
