"""Gradients against torch's layers, against autograd, and against plain loops over stored activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.functional import one_hot as to_one_hot

from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import CELLS
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.reference import ReferenceEngine
from lyricterm.engine.shape import Shape

if TYPE_CHECKING:
    from lyricterm.engine.protocols import Engine

V, H, B, T = 11, 6, 3, 5
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
ENGINES = [BpttEngine, ReferenceEngine]
DTYPES = [torch.float32, torch.float64]
State = tuple[Tensor, ...]


def model(cell: str, dtype: torch.dtype) -> Model:
    """Weights large enough for the activations to bend, biases that are not zero."""
    made = Model(Shape(V, H, CELLS[cell].gates), torch.device("cpu"), dtype)
    generator = torch.Generator().manual_seed(3)
    for parameter in made.weights:
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.4)
    return made


def minibatch(seed: int) -> tuple[Tensor, Tensor]:
    text = torch.randint(V, (B, T + 1), generator=torch.Generator().manual_seed(seed))
    return text[:, :-1], text[:, 1:]


def states(cell: str, dtype: torch.dtype) -> State:
    generator = torch.Generator().manual_seed(9)
    return tuple(torch.rand(B, H, generator=generator).to(dtype) for _ in range(CELLS[cell].states))


def loss_and_gradient(engine: Engine, inputs: Tensor, labels: Tensor, activation: str, detach: bool) -> Tensor:
    """Forward and backward once; the loss."""
    loss = engine.forward(inputs, labels, activation, detach)
    engine.backward()
    return loss


def one_hot(inputs: Tensor) -> Tensor:
    return to_one_hot(inputs.t(), V).double()


def same(engine: Engine, expected: Weights) -> None:
    tolerance = TOLERANCE[engine.model.gradient.flat.dtype]
    for name, wanted in expected.named.items():
        found = engine.model.gradient.weights.named[name].double()
        assert float((found - wanted).norm()) <= tolerance * float(wanted.norm()), name


class Oracle(Protocol):
    """Loss and gradient of a minibatch with the weights as they are now; remembers what came before."""

    def __call__(self, now: Weights, inputs: Tensor, labels: Tensor) -> tuple[float, Weights]: ...


class TorchLayers:
    """torch.nn.RNN or torch.nn.LSTM and torch.nn.Linear in float64, one graph over all calls."""

    def __init__(self, cell: str, activation: str, state: State) -> None:
        self.layer: nn.RNN | nn.LSTM = nn.RNN(V, H, nonlinearity=activation) if cell == "rnn" else nn.LSTM(V, H)
        self.layer.double()
        # torch has two biases, of which one stays zero.
        nn.init.zeros_(self.layer.get_parameter("bias_hh_l0"))
        self.output = nn.Linear(H, V).double()
        # The LSTM's columns are I, F, O, C here and I, F, C, O in torch.
        self.order = [0] if cell == "rnn" else [0, 1, 3, 2]
        self.state: State = tuple(part.double()[None] for part in state)

    def parameters(self) -> list[Tensor]:
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")
        return [*(self.layer.get_parameter(name) for name in names), self.output.weight, self.output.bias]

    def turn(self, values: list[Tensor]) -> list[Tensor]:
        """Between our layout and torch's: transposed, and the gates in the other order."""
        W_xh, W_hh, b_h, W_hy, b_y = values

        def reorder(rows: Tensor) -> Tensor:
            blocks = rows.chunk(len(self.order))
            return torch.cat([blocks[i] for i in self.order])

        ours = W_xh.shape[0] == V
        if ours:
            return [reorder(W_xh.t()), reorder(W_hh.t()), reorder(b_h), W_hy.t(), b_y]
        return [reorder(W_xh).t(), reorder(W_hh).t(), reorder(b_h), W_hy.t(), b_y]

    def __call__(self, now: Weights, inputs: Tensor, labels: Tensor) -> tuple[float, Weights]:
        # A change of .data leaves the graph valid; its backward pass then runs over the new weights.
        for parameter, value in zip(self.parameters(), self.turn(list(now)), strict=True):
            parameter.data.copy_(value)
            parameter.grad = None
        carried = self.state[0] if len(self.state) == 1 else self.state
        hidden, after = self.layer(one_hot(inputs), carried)
        self.state = (after,) if isinstance(after, Tensor) else after
        loss = cross_entropy(self.output(hidden).flatten(0, 1), labels.t().flatten(), reduction="sum")
        loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
        gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
        return loss.item(), Weights(dict(zip(now.named, self.turn(gradients), strict=True)))


Layer = Callable[[Tensor, State, Weights, Callable[[Tensor], Tensor]], State]


def gru(x: Tensor, state: State, w: Weights, act: Callable[[Tensor], Tensor]) -> State:
    """R, Z = σ(x W + h W + b), H̃ = act(x W + (R ⊙ h) W + b), h' = Z ⊙ h + (1 - Z) ⊙ H̃."""
    h = state[0]
    r = torch.sigmoid(x @ w.W_xh[:, :H] + h @ w.W_hh[:, :H] + w.b_h[:H])
    z = torch.sigmoid(x @ w.W_xh[:, H : 2 * H] + h @ w.W_hh[:, H : 2 * H] + w.b_h[H : 2 * H])
    candidate = act(x @ w.W_xh[:, 2 * H :] + (r * h) @ w.W_hh[:, 2 * H :] + w.b_h[2 * H :])
    return (z * h + (1 - z) * candidate,)


def lstm(x: Tensor, state: State, w: Weights, act: Callable[[Tensor], Tensor]) -> State:
    """C' = F ⊙ C + I ⊙ act(…), h' = O ⊙ act(C'), the activation in place of both tanh."""
    h, c = state
    total = x @ w.W_xh + h @ w.W_hh + w.b_h
    i, f, o = (torch.sigmoid(total[:, k * H : (k + 1) * H]) for k in range(3))
    c = f * c + i * act(total[:, 3 * H :])
    return (o * act(c), c)


class Equations:
    """A cell's equations under autograd in float64, one graph over all calls."""

    def __init__(self, layer: Layer, activation: str, weights: Weights, state: State) -> None:
        self.layer, self.act = layer, {"tanh": torch.tanh, "relu": torch.relu}[activation]
        self.leaves = weights.map(lambda weight: weight.double().clone().requires_grad_())
        self.state: State = tuple(part.double() for part in state)

    def __call__(self, now: Weights, inputs: Tensor, labels: Tensor) -> tuple[float, Weights]:
        for leaf, value in zip(self.leaves, now, strict=True):
            leaf.data.copy_(value)
        scores = []
        for x in one_hot(inputs):
            self.state = self.layer(x, self.state, self.leaves, self.act)
            scores.append(self.state[0] @ self.leaves.W_hy + self.leaves.b_y)
        loss = cross_entropy(torch.stack(scores, 1).flatten(0, 1), labels.flatten(), reduction="sum")
        gradients = torch.autograd.grad(loss, list(self.leaves), retain_graph=True)
        return loss.item(), Weights(dict(zip(now.named, gradients, strict=True)))


class PlainLoops:
    """Backpropagation through stored hidden states by the chain rule, a step and a row at a time."""

    def __init__(self, state: State) -> None:
        self.hidden = [state[0].double()]
        self.inputs: list[Tensor] = []
        self.slopes: list[Tensor] = []
        self.activation = "tanh"

    def step(self, characters: Tensor, w: Weights) -> Tensor:
        z = w.W_xh[characters] + self.hidden[-1] @ w.W_hh + w.b_h
        tanh = self.activation == "tanh"
        self.hidden.append(z.tanh() if tanh else torch.where(z > 0, z, 0.0))
        self.slopes.append(1 / z.cosh() ** 2 if tanh else (z > 0).double())
        self.inputs.append(characters)
        return self.hidden[-1]

    def __call__(self, now: Weights, inputs: Tensor, labels: Tensor) -> tuple[float, Weights]:
        w = now.map(torch.Tensor.double)
        g = w.map(torch.zeros_like)
        loss, first = 0.0, len(self.inputs)
        from_output: dict[int, Tensor] = {}
        for t in range(T):
            h = self.step(inputs[:, t], w)
            y = h @ w.W_hy + w.b_y
            p = y.exp() / y.exp().sum(1, keepdim=True)
            for row in range(B):
                loss -= float(p[row, labels[row, t]].log())
                p[row, labels[row, t]] -= 1
            g.W_hy.add_(h.t() @ p)
            g.b_y.add_(p.sum(0))
            from_output[first + t] = p @ w.W_hy.t()
        from_later = torch.zeros(B, H, dtype=torch.float64)
        for t in reversed(range(len(self.inputs))):
            d = (from_later + from_output.get(t, torch.zeros(B, H))) * self.slopes[t]
            g.W_hh.add_(self.hidden[t].t() @ d)
            g.b_h.add_(d.sum(0))
            for row in range(B):
                g.W_xh[self.inputs[t][row]] += d[row]
            from_later = d @ w.W_hh.t()
        return loss, g


def oracle(cell: str, activation: str, weights: Weights, state: State) -> Oracle:
    if cell == "rnn" or (cell, activation) == ("lstm", "tanh"):
        return TorchLayers(cell, activation, state)
    return Equations({"gru": gru, "lstm": lstm}[cell], activation, weights, state)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_one_minibatch_with_a_carried_state(
    cell: str, activation: str, make: Callable[[Model, str], Engine], dtype: torch.dtype
) -> None:
    engine = make(model(cell, dtype), cell)
    state = states(cell, dtype)
    engine.carry(state)
    inputs, labels = minibatch(0)
    loss = float(loss_and_gradient(engine, inputs, labels, activation, True))
    wanted, gradients = oracle(cell, activation, engine.model.weights, state)(engine.model.weights, inputs, labels)
    assert loss == pytest.approx(wanted, rel=TOLERANCE[dtype])
    same(engine, gradients)


@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_detached_minibatches_carry_the_state_and_cut_the_gradient(
    cell: str, make: Callable[[Model, str], Engine]
) -> None:
    engine = make(model(cell, torch.float64), cell)
    state = states(cell, torch.float64)
    engine.carry(state)
    for seed in range(3):
        inputs, labels = minibatch(seed)
        loss_and_gradient(engine, inputs, labels, "tanh", True)
        fresh = oracle(cell, "tanh", engine.model.weights, state)
        same(engine, fresh(engine.model.weights, inputs, labels)[1])
        state = tuple(part.clone() for part in engine.state)


def train_undetached(engine: Engine, oracle: Oracle, activations: list[str]) -> None:
    """Check every minibatch of an epoch in which the weights change after each."""
    for seed, activation in enumerate(activations):
        if isinstance(oracle, PlainLoops):
            oracle.activation = activation
        inputs, labels = minibatch(seed)
        loss = float(loss_and_gradient(engine, inputs, labels, activation, False))
        wanted, gradients = oracle(engine.model.weights, inputs, labels)
        assert loss == pytest.approx(wanted, rel=TOLERANCE[engine.model.gradient.flat.dtype])
        same(engine, gradients)
        engine.model.parameters.flat.sub_(engine.model.gradient.flat, alpha=0.02)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("activations", [["tanh"] * 5, ["relu"] * 5, ["tanh", "relu", "tanh"]])
def test_undetached_gradient_is_the_chain_rule_over_stored_activations_and_present_weights(
    activations: list[str], make: Callable[[Model, str], Engine], dtype: torch.dtype
) -> None:
    engine = make(model("rnn", dtype), "rnn")
    state = states("rnn", dtype)
    engine.carry(state)
    train_undetached(engine, PlainLoops(state), activations)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("cell", "activation"),
    [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("gru", "relu"), ("lstm", "tanh"), ("lstm", "relu")],
)
def test_undetached_gradient_is_that_of_a_retained_graph(cell: str, activation: str, dtype: torch.dtype) -> None:
    engine = BpttEngine(model(cell, dtype), cell)
    state = states(cell, dtype)
    engine.carry(state)
    train_undetached(engine, oracle(cell, activation, engine.model.weights, state), [activation] * 5)


@pytest.mark.parametrize("make", ENGINES)
def test_reset_forgets_the_state_and_what_lies_behind_it(make: Callable[[Model, str], Engine]) -> None:
    engine = make(model("rnn", torch.float64), "rnn")
    engine.carry(states("rnn", torch.float64))
    loss_and_gradient(engine, *minibatch(0), "tanh", False)
    engine.reset(B)
    inputs, labels = minibatch(1)
    loss_and_gradient(engine, inputs, labels, "tanh", False)
    zero = (torch.zeros(B, H),)
    same(engine, PlainLoops(zero)(engine.model.weights, inputs, labels)[1])


def test_other_shapes_of_minibatch_follow_each_other() -> None:
    engine = BpttEngine(model("rnn", torch.float64), "rnn")
    for batch, steps in ((2, 4), (5, 1), (2, 4)):
        text = torch.randint(V, (batch, steps + 1), generator=torch.Generator().manual_seed(batch))
        engine.reset(batch)
        loss_and_gradient(engine, text[:, :-1], text[:, 1:], "tanh", True)
        wanted = TorchLayers("rnn", "tanh", (torch.zeros(batch, H),))
        same(engine, wanted(engine.model.weights, text[:, :-1], text[:, 1:])[1])
