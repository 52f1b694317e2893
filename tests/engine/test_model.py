"""The parameters: how they begin, and that they are one vector."""

from __future__ import annotations

import math

import pytest
import torch

from lyricterm.engine.cells import CELLS
from lyricterm.engine.model import Model, ParameterVector
from lyricterm.engine.shape import Shape

from .runs import epochs, small, start

MODULES = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
CPU = torch.device("cpu")


@pytest.mark.parametrize("gates", [1, 3, 4])
def test_shapes_are_the_chapters(gates: int) -> None:
    vector = ParameterVector(Shape(50, 7, gates), CPU, torch.float32)
    found = {name: tuple(weight.shape) for name, weight in vector.weights.named.items()}
    assert found == {
        "W_xh": (50, gates * 7),
        "W_hh": (7, gates * 7),
        "b_h": (gates * 7,),
        "W_hy": (7, 50),
        "b_y": (50,),
    }
    assert found == Shape(50, 7, gates).sizes
    assert len(vector) == sum(math.prod(shape) for shape in found.values())


def test_weights_begin_normal_and_biases_zero() -> None:
    model = Model(Shape(1000, 256, 1), CPU)
    model.initialise(0)
    for weight in (model.weights.W_xh, model.weights.W_hh, model.weights.W_hy):
        scaled = weight.flatten().double() / 0.01
        count = scaled.numel()
        # Mean, variance and tails of N(0, 1), each within four standard errors.
        assert abs(float(scaled.mean())) < 4 / math.sqrt(count)
        assert abs(float(scaled.var()) - 1) < 4 * math.sqrt(2 / count)
        for z, share in ((1.0, 0.317311), (2.0, 0.045500), (3.0, 0.002700)):
            beyond = float((scaled.abs() > z).double().mean())
            assert abs(beyond - share) < 4 * math.sqrt(share * (1 - share) / count)
    assert not model.weights.b_h.any()
    assert not model.weights.b_y.any()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_uniform_begins_as_torchs_modules(cell: str) -> None:
    model = Model(Shape(600, 64, CELLS[cell].gates, layers=2, embedding=50), CPU)
    model.initialise(0, "uniform")
    torch.manual_seed(0)
    output, embedding = torch.nn.Linear(64, 600), torch.nn.Embedding(600, 50)
    layers = dict(MODULES[cell](50, 64, 2).named_parameters())
    theirs = {
        "W_e": embedding.weight,
        "W_xh": layers["weight_ih_l0"],
        "W_hh": layers["weight_hh_l0"],
        "b_h": layers["bias_ih_l0"],
        "W_xh2": layers["weight_ih_l1"],
        "W_hh2": layers["weight_hh_l1"],
        "b_h2": layers["bias_ih_l1"],
        "W_hy": output.weight,
        "b_y": output.bias,
    }
    assert set(model.weights.named) == set(theirs)
    for name, ours in model.weights.named.items():
        other = theirs[name].detach().double().flatten()
        mine = ours.double().flatten()
        assert len(mine) == len(other)
        # Two samples of one distribution: spread and ends agree within the chance of so many numbers.
        assert float(mine.std() / other.std()) == pytest.approx(1, abs=5 / math.sqrt(len(mine)))
        assert abs(float(mine.mean())) < 5 * float(other.std()) / math.sqrt(len(mine))
        if name != "W_e":
            assert 0.9 / 8 < float(mine.abs().max()) <= 1 / 8


def test_initialise_depends_on_the_seed_alone() -> None:
    one, two = Model(Shape(30, 8, 3), CPU), Model(Shape(30, 8, 3), CPU)
    one.initialise(4)
    two.parameters.flat.fill_(3.0)
    torch.manual_seed(99)
    two.initialise(4)
    for first, second in zip(one.weights, two.weights, strict=True):
        assert torch.equal(first, second)
    two.initialise(5)
    assert not torch.equal(one.weights.W_hh, two.weights.W_hh)


@pytest.mark.parametrize("init", ["uniform", "orthogonal"])
def test_other_first_weights_depend_on_the_seed_alone_too(init: str) -> None:
    one, two = Model(Shape(30, 8, 3), CPU), Model(Shape(30, 8, 3), CPU)
    one.initialise(4, init)
    two.parameters.flat.fill_(3.0)
    torch.manual_seed(99)
    two.initialise(4, init)
    for first, second in zip(one.weights, two.weights, strict=True):
        assert torch.equal(first, second)
    two.initialise(5, init)
    assert not torch.equal(one.weights.W_hh, two.weights.W_hh)


@pytest.mark.parametrize("gates", [1, 3, 4])
def test_orthogonal_weights_change_no_length(gates: int) -> None:
    model = Model(Shape(30, 12, gates, layers=2), CPU, torch.float64)
    model.initialise(0, "orthogonal")
    for layer in model.weights.layers:
        blocks = layer.W_hh.chunk(gates, dim=1)
        assert len(blocks) == gates
        for block in blocks:
            assert torch.allclose(block @ block.t(), torch.eye(12, dtype=torch.float64), atol=1e-12)
        assert len({round(float(torch.trace(block)), 9) for block in blocks}) == gates
    assert float(model.weights.W_hy.abs().max()) <= 12**-0.5


def test_float64_begins_with_the_same_numbers() -> None:
    narrow, wide = Model(Shape(30, 8, 1), CPU), Model(Shape(30, 8, 1), CPU, torch.float64)
    narrow.initialise(4)
    wide.initialise(4)
    assert torch.equal(narrow.parameters.flat.double(), wide.parameters.flat)


def test_parameters_are_views_of_the_flat_vector_that_do_not_overlap() -> None:
    vector = ParameterVector(Shape(13, 5, 3), CPU, torch.float32)
    for i, weight in enumerate(vector.weights):
        weight.fill_(i + 1)
    found = vector.flat.tolist()
    for i, weight in enumerate(vector.weights):
        assert found.count(i + 1) == weight.numel()
    vector.flat.fill_(7)
    assert all(bool((weight == 7).all()) for weight in vector.weights)


def test_hidden_part_holds_the_hidden_layer_and_nothing_else() -> None:
    vector = ParameterVector(Shape(13, 5, 3), CPU, torch.float32)
    vector.hidden_part.fill_(1)
    filled = [bool(weight.all()) for weight in vector.weights]
    assert filled == [True, True, True, False, False]
    assert not vector.weights.W_hy.any()
    assert not vector.weights.b_y.any()


def padding(vector: ParameterVector) -> torch.Tensor:
    """What of the flat vector belongs to no parameter."""
    mask = torch.ones_like(vector.flat, dtype=torch.bool)
    for weight in vector.weights:
        mask.as_strided(weight.shape, weight.stride(), weight.storage_offset()).fill_(False)
    return vector.flat[mask]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("detach", [True, False])
def test_padding_stays_zero_while_training(cell: str, detach: bool) -> None:
    trainer = start(small(cell=cell, hidden=7, sampling="consecutive", detach=detach))
    epochs(trainer, 2)
    for vector in (trainer.model.parameters, trainer.model.gradient):
        assert len(padding(vector)) > 0
        assert not padding(vector).any()
        assert all(bool(weight.any()) for weight in vector.weights)


def test_go_back_takes_the_kept_parameters_again() -> None:
    model = Model(Shape(6, 4, 1), CPU)
    model.initialise(1)
    first = model.weights.map(torch.clone)
    model.parameters.flat.add_(1)
    model.go_back()
    assert all(torch.equal(a, b) for a, b in zip(model.weights, first, strict=True))
    model.parameters.flat.mul_(2)
    model.keep()
    model.parameters.flat.fill_(math.nan)
    model.go_back()
    assert torch.equal(model.weights.W_hh, first.W_hh * 2)


def test_a_trainer_begins_as_its_recipe_says() -> None:
    normal, uniform = start(small(hidden=16)), start(small(hidden=16, init="uniform"))
    assert float(normal.model.weights.W_hh.std()) == pytest.approx(0.01, rel=0.3)
    assert float(uniform.model.weights.W_hh.std()) == pytest.approx(0.25 / math.sqrt(3), rel=0.3)
