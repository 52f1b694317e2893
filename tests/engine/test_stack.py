"""Several layers, an embedding and dropout, against torch.nn with the same weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lyricterm.core.errors import OutOfMemoryError, RecipeError
from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cuda import fits_burst
from lyricterm.engine.distributed import SharedEngine, World
from lyricterm.engine.dropout import Dropout
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.protocols import Engine
from lyricterm.engine.reference import ReferenceEngine
from lyricterm.engine.shape import Shape, layer_names
from lyricterm.engine.stack import Stack
from lyricterm.engine.trainer import Trainer

from .runs import TEXT, losses, small, start, train
from .test_bursts import in_bursts

V, H = 11, 6
CPU = torch.device("cpu")
OUTPUTS = {torch.float32: 1e-5, torch.float64: 1e-9}
GRADIENTS = {torch.float32: 1e-4, torch.float64: 1e-9}
ORDER = {"rnn": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}
"""Where torch has each of our gates: its LSTM has the candidate before the output gate."""
VARIANTS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
"""What torch.nn has."""


def model(cell: str, layers: int, embedding: int, dtype: torch.dtype = torch.float64, seed: int = 3) -> Model:
    """Weights large enough for the activations to bend.

    torch's GRU resets the state after its product with the weights, the book's before. Both are the same where these
    weights are diagonal: there the oracle can answer.
    """
    made = Model(Shape(V, H, CELLS[cell].gates, layers, embedding), CPU, dtype)
    generator = torch.Generator().manual_seed(seed)
    for parameter in made.weights:
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.4)
    if cell == "gru":
        for layer in made.weights.layers:
            layer.W_hh[:, 2 * H :].mul_(torch.eye(H, dtype=dtype))
    return made


def minibatch(steps: int, batch: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    text = torch.randint(V, (batch, steps + 1), generator=torch.Generator().manual_seed(seed))
    return text[:, :-1], text[:, 1:]


def some_state(cell: str, layers: int, batch: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(9)
    count = layers * CELLS[cell].states
    return tuple(torch.rand(batch, H, generator=generator).to(dtype) for _ in range(count))


class BookGru(nn.GRU):
    """With the reset before the product with the weights, as in the book; one layer, no bias beside the input's."""

    def forward(self, inputs: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Under autograd, a step at a time."""
        W_r, W_z, W_n = self.get_parameter("weight_hh_l0").chunk(3)
        h, outputs = hidden[0], []
        for x in inputs:
            wide = x @ self.get_parameter("weight_ih_l0").t() + self.get_parameter("bias_ih_l0")
            r, z = (torch.sigmoid(part + h @ W.t()) for part, W in zip(wide.chunk(3, 1), (W_r, W_z), strict=False))
            h = z * h + (1 - z) * torch.tanh(wide.chunk(3, 1)[2] + (r * h) @ W_n.t())
            outputs.append(h)
        return torch.stack(outputs), h[None]


TORCHS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Oracle:
    """torch's embedding, its recurrent layers one by one, its linear layer; in float64, one graph over all calls."""

    def __init__(self, cell: str, activation: str, of: Model, state: tuple[Tensor, ...], *, book: bool = False) -> None:
        """``book``: with the book's GRU in the place of torch's."""
        self.order, width = ORDER[cell], of.shape.embedding or V
        self.embedding = nn.Embedding(V, width).double()
        make = BookGru if book and cell == "gru" else TORCHS[cell]
        self.diagonal = make is nn.GRU
        options = {"nonlinearity": activation} if cell == "rnn" else {}
        self.layers = [make(H if i else width, H, **options).double() for i in range(of.shape.layers)]
        self.output = nn.Linear(H, V).double()
        count = CELLS[cell].states
        parts = [part.double()[None] for part in state]
        self.states = [tuple(parts[i * count : (i + 1) * count]) for i in range(of.shape.layers)]
        self.of = of

    def load(self, weights: Weights) -> None:
        """A change of .data leaves the graph valid."""
        self.embedding.weight.data.copy_(torch.eye(V).double() if weights.W_e is None else weights.W_e)
        for theirs, layer in zip(self.layers, weights.layers, strict=True):
            for name, value in zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), layer, strict=True):
                blocks = value.double().chunk(len(self.order), dim=-1)
                theirs.get_parameter(name).data.copy_(torch.cat([blocks[i] for i in self.order], -1).t())
            theirs.get_parameter("bias_hh_l0").data.zero_()
        self.output.weight.data.copy_(weights.W_hy.t())
        self.output.bias.data.copy_(weights.b_y)
        for module in (self.embedding, *self.layers, self.output):
            module.zero_grad()

    def __call__(self, inputs: Tensor, labels: Tensor, factors: Tensor | None = None) -> tuple[Tensor, float]:
        """The last layer's outputs (T, B, H), and the summed loss, of which the gradients are left in the modules."""
        self.load(self.of.weights)
        below = self.embedding(inputs.t())
        for i, layer in enumerate(self.layers):
            if i and factors is not None:
                below = below * factors[i - 1]
            carried = self.states[i]
            below, after = layer(below, carried if len(carried) == 2 else carried[0])
            self.states[i] = after if isinstance(after, tuple) else (after,)
        loss = cross_entropy(self.output(below).flatten(0, 1), labels.t().flatten(), reduction="sum")
        loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
        return below.detach(), loss.item()

    def cut(self) -> None:
        self.states = [tuple(part.detach() for part in parts) for parts in self.states]

    def gradients(self) -> Iterator[tuple[str, Tensor | None]]:
        """By our names, in our layout."""
        if self.of.shape.embedding:
            yield "W_e", self.embedding.weight.grad
        for i, layer in enumerate(self.layers):
            for ours, name in zip(layer_names(i), ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), strict=True):
                gradient = layer.get_parameter(name).grad
                assert gradient is not None
                blocks = gradient.t().chunk(len(self.order), dim=-1)
                yield ours, torch.cat([blocks[i] for i in self.order], -1)
        yield "W_hy", None if self.output.weight.grad is None else self.output.weight.grad.t()
        yield "b_y", self.output.bias.grad


def same(found: Model, oracle: Oracle) -> None:
    tolerance = GRADIENTS[found.gradient.flat.dtype]
    told = dict(oracle.gradients())
    assert list(told) == list(found.gradient.weights.named)
    for name, wanted in told.items():
        assert wanted is not None
        ours = found.gradient.weights.named[name].double().clone()
        if oracle.diagonal and name.startswith("W_hh"):
            # Off the diagonal the two kinds of GRU have different gradients.
            ours[:, 2 * H :].mul_(torch.eye(H))
            wanted = torch.cat((wanted[:, : 2 * H], wanted[:, 2 * H :] * torch.eye(H)), 1)
        assert float((ours - wanted).abs().max()) <= tolerance * float(wanted.abs().max()), name


@settings(max_examples=40)
@given(
    st.sampled_from(VARIANTS),
    st.integers(1, 4),
    st.sampled_from([0, 1, 5]),
    st.integers(1, 6),
    st.integers(1, 4),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([BpttEngine, ReferenceEngine]),
)
def test_outputs_loss_and_gradients_are_torchs(
    variant: tuple[str, str],
    layers: int,
    embedding: int,
    steps: int,
    batch: int,
    dtype: torch.dtype,
    make: Callable[[Model, str], Engine],
) -> None:
    cell, activation = variant
    ours, state = model(cell, layers, embedding, dtype), some_state(cell, layers, batch, dtype)
    oracle = Oracle(cell, activation, ours, state)
    inputs, labels = minibatch(steps, batch)
    outputs, loss = oracle(inputs, labels)
    stack = Stack(ours, cell)
    tape = stack.tape(steps, batch)
    stack.forward(tape, inputs.t().reshape(-1), state, ACTIVATIONS[activation])
    assert float((tape.hidden[1:] - outputs).abs().max()) <= OUTPUTS[dtype]
    engine = make(ours, cell)
    engine.carry(state)
    assert float(engine.forward(inputs, labels, activation, True)) == pytest.approx(loss, rel=OUTPUTS[dtype])
    engine.backward()
    same(ours, oracle)
    wanted = [part[0] for parts in oracle.states for part in parts]
    assert len(engine.state) == len(wanted) == layers * CELLS[cell].states
    for found, theirs in zip(engine.state, wanted, strict=True):
        assert float((found - theirs.detach()).abs().max()) <= OUTPUTS[dtype]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("make", [BpttEngine, ReferenceEngine])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_carried_states_detached_or_not_while_the_weights_change(
    cell: str, make: Callable[[Model, str], Engine], detach: bool, dropout: float
) -> None:
    steps, batch, layers = 4, 3, 3
    ours, state = model(cell, layers, 5), some_state(cell, layers, batch, torch.float64)
    oracle, engine = Oracle(cell, "tanh", ours, state, book=True), make(ours, cell)
    engine.carry(state)
    for seed in range(4):
        inputs, labels = minibatch(steps, batch, seed)
        dropped = Dropout(dropout, seed)
        factors = torch.ones(layers - 1, steps, batch, H).double()
        if dropout:
            dropped.draw(factors)
        if detach:
            oracle.cut()
        loss = float(engine.forward(inputs, labels, "tanh", detach, dropped))
        engine.backward()
        assert loss == pytest.approx(oracle(inputs, labels, factors)[1], rel=1e-10)
        same(ours, oracle)
        ours.parameters.flat.sub_(ours.gradient.flat, alpha=0.01)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_drops_its_share(share: float) -> None:
    factors = torch.empty(2, 40, 50, 30)
    Dropout(share, 4).draw(factors)
    count, dropped = factors.numel(), float((factors == 0).double().mean())
    assert abs(dropped - share) < 4 * math.sqrt(share * (1 - share) / count)
    kept = factors[factors > 0]
    assert torch.allclose(kept, torch.tensor(1 / (1 - share)))


def test_dropout_is_drawn_anew_for_every_minibatch_and_the_ranks_share_it() -> None:
    whole, other = torch.empty(2, 5, 6, 4), torch.empty(2, 5, 6, 4)
    Dropout(0.5, 1).draw(whole)
    Dropout(0.5, 2).draw(other)
    assert not torch.equal(whole, other)
    for rank in range(3):
        part = torch.empty(2, 5, 2, 4)
        Dropout(0.5, 1).share_of(rank, 3).draw(part)
        assert torch.equal(part, whole[:, :, 2 * rank : 2 * rank + 2])


class Alone(World):
    """Ranks that are run one after the other: what they sum up is added by the test."""

    def add_up(self, gradient: Tensor, loss: Tensor) -> None:
        """Nothing."""

    def joined(self, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return state


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_shares_of_all_ranks_add_up_to_the_whole(cell: str) -> None:
    ours, (inputs, labels), dropped = model(cell, 3, 5), minibatch(4, 6), Dropout(0.5, 8)
    state = some_state(cell, 3, 6, torch.float64)
    whole = BpttEngine(ours, cell)
    whole.carry(state)
    loss = float(whole.forward(inputs, labels, "tanh", True, dropped))
    whole.backward()
    wanted, total, summed = ours.gradient.flat.clone(), 0.0, torch.zeros_like(ours.gradient.flat)
    for rank in range(3):
        engine = SharedEngine(BpttEngine(ours, cell), Alone(rank, 3))
        engine.carry(state)
        total += float(engine.forward(inputs, labels, "tanh", True, dropped))
        engine.backward()
        summed += ours.gradient.flat
        after = [part.chunk(3)[rank] for part in whole.state]
        assert all(torch.allclose(ours, theirs) for ours, theirs in zip(engine.state, after, strict=True))
    assert total == pytest.approx(loss)
    assert torch.allclose(summed, wanted, rtol=1e-10, atol=1e-12)


DEEP = {"layers": 3, "embedding": 5, "hidden": 8}


@pytest.mark.parametrize(
    ("cell", "sampling", "detach", "optimizer"),
    [("rnn", "random", True, "sgd"), ("gru", "consecutive", True, "adam"), ("lstm", "consecutive", False, "momentum")],
)
def test_a_resumed_run_goes_on_bit_for_bit(
    cell: str, sampling: str, detach: bool, optimizer: str, tmp_path: Path
) -> None:
    values = {"cell": cell, "sampling": sampling, "detach": detach, "optimizer": optimizer, "dropout": 0.3}
    whole, half = (start(small(**DEEP, **values, lr=0.01, steps=20)) for _ in range(2))
    count = whole.minibatches + whole.minibatches // 2
    expected = losses(train(whole, 2 * count))[count:]
    train(half, count)
    path = tmp_path / "run.safetensors"
    checkpoint.save(snapshot.capture(half), path)
    loaded = checkpoint.load(path)
    resumed = snapshot.resume(loaded, loaded.asked, Corpus("test", TEXT, len(TEXT)))
    assert losses(train(resumed, count)) == expected
    assert torch.equal(resumed.model.parameters.flat, whole.model.parameters.flat)
    assert resumed.notices == []
    assert len(set(expected)) > count // 2
    written = snapshot.writer(checkpoint.load(path)).complete("风", 12, "tanh")
    assert written == half.complete("风", 12)


def test_dropout_changes_the_training_but_not_what_is_scored_or_written() -> None:
    plain, dropping = (start(small(**DEEP, valid="0.2", dropout=dropout)) for dropout in (0.0, 0.5))
    assert plain.validation.loss("tanh") == dropping.validation.loss("tanh")
    assert plain.complete("风", 20) == dropping.complete("风", 20)
    train(plain, 3)
    train(dropping, 3)
    assert not torch.allclose(plain.model.parameters.flat, dropping.model.parameters.flat)
    dropping.model.parameters.load(plain.model.weights)
    assert plain.validation.loss("tanh") == dropping.validation.loss("tanh")
    # The same text, read character by character, has the same probabilities.
    told = plain.complete("风吹", 8)
    state = plain.writer.start("风吹", "tanh")
    logs = plain.writer.log_probabilities(state, plain.vocabulary.encode(told.text).tolist(), "tanh")
    assert logs.exp().tolist() == pytest.approx(list(told.probabilities), rel=1e-5)


def test_dropout_may_change_while_it_learns() -> None:
    trainer = start(small(**DEEP))
    train(trainer, 2)
    trainer.change({"dropout": 0.5})
    (change,) = train(trainer, 1)[0].applied
    assert (change.setting, change.old, change.new) == ("dropout", 0.0, 0.5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_bursts_train_layers_and_leave_dropout_alone(cell: str) -> None:
    recipe = small(**DEEP, cell=cell, sampling="consecutive")
    corpus = Corpus("test", TEXT, len(TEXT))
    burst, eager = Trainer(recipe, corpus, torch.float64, in_bursts), Trainer(recipe, corpus, torch.float64)
    ours, theirs = burst.advance(6), eager.advance(1)
    theirs += [eager.step() for _ in range(len(ours) - 1)]
    assert len(ours) == 6
    assert losses(ours) == pytest.approx(losses(theirs), rel=1e-10)
    assert fits_burst(recipe)
    assert not fits_burst(recipe.with_values({"dropout": 0.1}))


def test_one_layer_of_one_hot_input_has_the_chapters_five_parameters() -> None:
    assert list(Shape(V, H, 1).sizes) == ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]
    deep = Shape(V, H, 3, 2, 4).sizes
    assert list(deep) == ["W_e", "W_xh", "W_hh", "b_h", "W_xh2", "W_hh2", "b_h2", "W_hy", "b_y"]
    assert (deep["W_e"], deep["W_xh"], deep["W_xh2"]) == ((V, 4), (4, 18), (6, 18))


def test_what_stands_between_layers_begins_wider() -> None:
    made = Model(Shape(400, 300, 1, 3, 200), CPU)
    made.initialise(2)
    spread = {name: float(part.std()) for name, part in made.weights.named.items() if part.dim() == 2}
    wide = {"W_xh": 200**-0.5, "W_xh2": 300**-0.5, "W_xh3": 300**-0.5}
    for name, found in spread.items():
        assert found == pytest.approx(wide.get(name, 0.01), rel=0.02), name


def test_memory_is_counted_for_every_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.engine.device.free_bytes", lambda device: 4_000_000)
    start(small(hidden=64))
    with pytest.raises(OutOfMemoryError):
        start(small(hidden=64, layers=4, embedding=4096))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"layers": 5}, "layers (--layers) must be a whole number from 1 to 4, not 5."),
        ({"layers": 0}, "layers (--layers) must be a whole number from 1 to 4, not 0."),
        ({"dropout": 1.0}, "dropout (--dropout) must be a number from 0 to 0.9, not 1.0."),
        ({"dropout": math.nan}, "dropout (--dropout) must be a number from 0 to 0.9, not nan."),
        ({"embedding": -1}, "embedding (--embedding) must be a whole number from 0 to 4,096, not -1."),
    ],
)
def test_values_out_of_range_are_named(values: dict[str, float], sentence: str) -> None:
    with pytest.raises(RecipeError) as refused:
        Recipe(**values)  # type: ignore[arg-type]
    assert str(refused.value) == sentence
