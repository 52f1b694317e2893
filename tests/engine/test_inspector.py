"""What is seen inside a run is what independent oracles say, and looking changes nothing."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from lyricterm.core.inspection import (
    Answer,
    AskCheck,
    AskHidden,
    AskNext,
    AskOptimizerStep,
    AskRow,
    AskSampling,
    AskThroughTime,
    AskVocabulary,
    CheckShown,
    HiddenShown,
    NextShown,
    Question,
    RowShown,
    SamplingShown,
    ThroughTimeShown,
    VocabularyShown,
)
from lyricterm.engine.inspector import look
from lyricterm.engine.inspector.gradient_check import difference
from lyricterm.engine.reference import ACTS, STEPS
from lyricterm.engine.sampling import epoch_seed
from lyricterm.engine.trainer import Trainer
from tests.engine.runs import TEXT, losses, small, start

CELLS = ("rnn", "gru", "lstm")
ACTIVATIONS = ("tanh", "relu")
EVERYTHING: tuple[Question, ...] = (
    AskSampling(None, 2, 1, 10, 80),
    AskVocabulary(),
    AskRow(3, 10),
    AskThroughTime(),
    AskHidden("风X吹", 20, None, 5),
    AskNext("风X吹", 20),
    AskCheck(1),
    AskOptimizerStep(),
)


def seen(trainer: Trainer, question: Question, kind: type[Any]) -> Any:
    answer: Answer = look(trainer, question)
    assert isinstance(answer, kind)
    return answer


def trained(minibatches: int, **values: Any) -> Trainer:
    trainer = start(small(**values))
    for _ in range(minibatches):
        trainer.step()
    return trainer


def gradient_norms(trainer: Trainer, state: tuple[Tensor, ...]) -> tuple[list[float], list[float]]:
    """By autograd in float64: the norms of d loss / d H_t of the last step's loss, and of the whole loss."""
    recipe = trainer.recipe
    step, act = STEPS[recipe.cell], ACTS[recipe.activation]
    inputs, labels, _state = trainer.next_minibatch()
    weights = trainer.model.weights.map(torch.Tensor.double)
    state = tuple(part.double() for part in state)
    hidden, per_step = [], []
    for x, wanted in zip(inputs.t(), labels.t(), strict=True):
        state = step(one_hot(x, len(trainer.vocabulary)).double(), state, weights.layers[0], act)
        state[0].requires_grad_()
        hidden.append(state[0])
        per_step.append(cross_entropy(state[0] @ weights.W_hy + weights.b_y, wanted, reduction="sum"))
    norms = []
    for loss in (per_step[-1], torch.stack(per_step).sum()):
        gradients = torch.autograd.grad(loss, hidden, retain_graph=True)
        norms.append([float(gradient.norm()) for gradient in gradients])
    return norms[0], norms[1]


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_through_time_is_autograds(cell: str, activation: str, sampling: str) -> None:
    trainer = trained(3, cell=cell, activation=activation, sampling=sampling)
    inputs, _labels, state = trainer.next_minibatch()
    assert any(part.any() for part in state) == (sampling == "consecutive")
    shown: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    last, total = gradient_norms(trainer, state)
    assert len(shown.last) == len(shown.total) == inputs.shape[1] == 7
    assert shown.last == pytest.approx(last, rel=1e-5)
    assert shown.total == pytest.approx(total, rel=1e-5)
    assert shown.last[-1] == shown.total[-1]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_to_the_memory_is_autograds(activation: str) -> None:
    trainer = trained(3, cell="lstm", activation=activation, sampling="consecutive")
    inputs, labels, state = trainer.next_minibatch()
    weights = trainer.model.weights.map(lambda part: part.double().requires_grad_())
    state, memories = tuple(part.double() for part in state), []
    for x in inputs.t():
        known = one_hot(x, len(trainer.vocabulary)).double()
        state = STEPS["lstm"](known, state, weights.layers[0], ACTS[activation])
        memories.append(state[1])
    loss = cross_entropy(state[0] @ weights.W_hy + weights.b_y, labels[:, -1], reduction="sum")
    norms = [float(gradient.norm()) for gradient in torch.autograd.grad(loss, memories)]
    shown: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    assert shown.memory == pytest.approx(norms, rel=1e-5)
    without: ThroughTimeShown = seen(trained(1), AskThroughTime(), ThroughTimeShown)
    assert without.memory == ()


@pytest.mark.parametrize(("cell", "parts"), [("gru", "R Z H̃"), ("lstm", "C I F O C̃"), ("rnn", "")])
def test_the_gates_and_the_memory_satisfy_the_equations(cell: str, parts: str) -> None:
    trainer = trained(3, cell=cell)
    names = ("H", *parts.split())
    shown = {name: seen(trainer, AskHidden("风吹", 12, None, 10**6, name), HiddenShown) for name in (*names, "no part")}
    assert all(answer.parts == names for answer in shown.values())
    assert shown["no part"].part == "H"

    def values(name: str) -> Tensor:
        rows = dict(zip(shown[name].order, shown[name].values, strict=True))
        return torch.tensor([rows[unit] for unit in sorted(rows)], dtype=torch.float64).t()

    hidden = values("H")
    before = torch.cat([torch.zeros_like(hidden[:1]), hidden[:-1]])
    if cell == "lstm":
        memory = values("C")
        earlier = torch.cat([torch.zeros_like(memory[:1]), memory[:-1]])
        assert torch.allclose(memory, values("F") * earlier + values("I") * values("C̃"), atol=1e-6)
        assert torch.allclose(hidden, values("O") * memory.tanh(), atol=1e-6)
    if cell == "gru":
        assert torch.allclose(hidden, values("Z") * before + (1 - values("Z")) * values("H̃"), atol=1e-6)


def test_the_next_minibatch_is_a_list_of_one_hot_matrices() -> None:
    trainer = trained(2)
    inputs = trainer.next_minibatch()[0]
    shown: RowShown = seen(trainer, AskRow(3, 10), RowShown)
    assert (shown.batch, shown.steps) == tuple(inputs.shape)
    matrices = one_hot(inputs.t(), len(trainer.vocabulary))
    assert len(shown.inputs) == len(matrices) == shown.steps
    for matrix, ones in zip(matrices, shown.inputs, strict=True):
        assert [int(row.argmax()) for row in matrix] == list(ones)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_gradient_through_time_of_every_layer_is_autograds(cell: str) -> None:
    trainer = trained(3, cell=cell, layers=3, embedding=5)
    inputs, labels, state = trainer.next_minibatch()
    weights, count = trainer.model.weights.map(lambda part: part.double().requires_grad_()), len(state) // 3
    states = [tuple(part.double() for part in state[i * count : (i + 1) * count]) for i in range(3)]
    hidden: list[list[Tensor]] = [[], [], []]
    memory: list[list[Tensor]] = [[], [], []]
    assert weights.W_e is not None
    for x in inputs.t():
        below = weights.W_e[x]
        for i, layer in enumerate(weights.layers):
            states[i] = STEPS[cell](below, states[i], layer, torch.tanh)
            below = states[i][0]
            hidden[i].append(below)
            memory[i].append(states[i][-1])
    loss = cross_entropy(below @ weights.W_hy + weights.b_y, labels[:, -1], reduction="sum")
    shown: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    assert (len(shown.below), len(shown.memory_below)) == (2, 2 if cell == "lstm" else 0)
    pairs = list(zip((*shown.below, shown.last), hidden, strict=True))
    if cell == "lstm":
        pairs += zip((*shown.memory_below, shown.memory), memory, strict=True)
    for found, of_layer in pairs:
        wanted = torch.autograd.grad(loss, of_layer, retain_graph=True, allow_unused=True)
        assert found == pytest.approx([0.0 if part is None else float(part.norm()) for part in wanted], rel=1e-4)


def test_the_hidden_units_of_every_layer_have_names() -> None:
    trainer = trained(2, cell="lstm", layers=2)
    shown: HiddenShown = seen(trainer, AskHidden("风", 5, None, 4, "H¹"), HiddenShown)
    parts = tuple(name + layer for layer in "²¹" for name in ("H", "C", "I", "F", "O", "C̃"))
    assert (shown.part, shown.parts, shown.layers) == ("H¹", parts, 2)
    above: HiddenShown = seen(trainer, AskHidden("风", 5, None, 4), HiddenShown)
    assert above.part == "H²"
    assert above.values != shown.values


def test_tanh_vanishes_and_relu_with_large_weights_explodes() -> None:
    vanishing: ThroughTimeShown = seen(trained(0, steps=30), AskThroughTime(), ThroughTimeShown)
    assert vanishing.last[0] < 1e-12 * vanishing.last[-1]
    trainer = trained(0, steps=30, activation="relu")
    trainer.model.weights.W_hh.fill_(0.1)
    exploding: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    # Each of 24 units sums 24 others times 0.1.
    assert exploding.last[0] > 1e6 * exploding.last[-1]
    trainer.model.weights.W_hh.fill_(1e5)
    assert math.inf in (seen(trainer, AskThroughTime(), ThroughTimeShown)).last


@pytest.mark.parametrize("cell", CELLS)
def test_without_clipping_the_next_update_is_looked_at_too(cell: str) -> None:
    trainer = trained(3, cell=cell, clipping=False, sampling="consecutive", lr=0.01)
    shown: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    state = trainer.next_minibatch()[2]
    other = start(small(cell=cell, clipping=False, sampling="consecutive", lr=0.01))
    for _ in range(4):
        other.step()
    ahead = other.model.parameters.flat.clone()
    trainer.model.parameters.flat.copy_(ahead)
    assert shown.ahead == pytest.approx(gradient_norms(trainer, state)[0], rel=1e-5)
    clipped: ThroughTimeShown = seen(trained(3, cell=cell), AskThroughTime(), ThroughTimeShown)
    assert clipped.ahead == ()


def test_a_run_that_diverges_at_once_is_seen_to_explode() -> None:
    """A tanh model whose activation and clipping are flipped goes back to weights that do not explode."""
    trainer = trained(200, steps=35, batch=8, hidden=64, lr=0.2)
    calm: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    trainer.change({"activation": "relu", "clipping": False})
    while not trainer.step().overflow:
        assert trainer.epoch < 400
    shown: ThroughTimeShown = seen(trainer, AskThroughTime(), ThroughTimeShown)
    assert max(shown.ahead) > 1e6 * max(calm.last)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize(("sampling", "detach"), [("random", True), ("consecutive", True), ("consecutive", False)])
@pytest.mark.parametrize("cell", CELLS)
def test_looking_changes_not_a_bit(cell: str, sampling: str, detach: bool, engine: str) -> None:
    recipe = small(cell=cell, sampling=sampling, detach=detach, engine=engine, threads="1")
    straight, watched = start(recipe), start(recipe)
    wanted = losses([straight.step() for _ in range(60)])
    found: list[float] = []
    torch.manual_seed(5)
    for _ in range(60):
        for question in EVERYTHING if len(found) % 7 == 0 else EVERYTHING[3:4]:
            look(watched, question)
        found += losses([watched.step()])
    assert found == wanted
    assert torch.equal(watched.model.parameters.flat, straight.model.parameters.flat)
    assert float(torch.rand(())) == float(torch.rand((), generator=torch.Generator().manual_seed(5)))


def chapters_random(length: int, batch: int, steps: int, order: list[int]) -> list[list[int]]:
    """Where the rows of each minibatch start, by the chapter's data_iter_random, with the shuffle given."""
    minibatches = (length - 1) // steps // batch
    return [[j * steps for j in order[i * batch : i * batch + batch]] for i in range(minibatches)]


def chapters_consecutive(length: int, batch: int, steps: int) -> list[list[int]]:
    strip = length // batch
    return [[row * strip + i * steps for row in range(batch)] for i in range((strip - 1) // steps)]


@pytest.mark.parametrize("epoch", [None, 0, 3])
def test_sampling_is_the_chapters(epoch: int | None) -> None:
    trainer = trained(50)
    told: SamplingShown = seen(trainer, AskSampling(epoch, 2, 1, 10, 90), SamplingShown)
    assert told.epoch == (trainer.epoch if epoch is None else epoch)
    assert (told.trains, told.batch, told.steps, told.characters) == ("random", 4, 7, len(TEXT))
    seed = epoch_seed(trainer.recipe.seed, told.epoch)

    def shuffled(examples: int) -> list[int]:
        order: list[int] = torch.randperm(examples, generator=torch.Generator().manual_seed(seed)).tolist()
        return order

    plans = chapters_random(len(TEXT), 4, 7, shuffled(85)), chapters_consecutive(len(TEXT), 4, 7)
    toys = chapters_random(30, 2, 6, shuffled(4)), chapters_consecutive(30, 2, 6)
    for window, plan, toy in zip(told.windows, plans, toys, strict=True):
        assert (window.minibatches, window.minibatch, window.row) == (len(plan), 2, 1)
        assert list(window.starts) == plan[2]
        assert window.first == min(max(0, plan[2][1] - 10), len(TEXT) - 90)
        assert window.text == TEXT[window.first : window.first + 90]
        owner = {place: i for i, rows in enumerate(plan) for first in rows for place in range(first, first + 7)}
        assert list(window.owners) == [owner.get(window.first + k, -1) for k in range(90)]
        inputs = [[list(range(first, first + 6)) for first in rows] for rows in toy]
        assert [[list(row) for row in rows] for rows in window.example.inputs] == inputs
        labels = [[[number + 1 for number in row] for row in rows] for rows in inputs]
        assert [[list(row) for row in rows] for rows in window.example.labels] == labels
    assert [window.carries_state for window in told.windows] == [False, True]


def test_sampling_steps_round_and_says_where_the_text_is_too_short() -> None:
    trainer = trained(0)
    told: SamplingShown = seen(trainer, AskSampling(0, -1, -1, 5, 50), SamplingShown)
    assert [(window.minibatch, window.row) for window in told.windows] == [(20, 3), (20, 3)]
    # 29 characters: enough for 4 random examples of 7, not for 4 strips of 8.
    short = start(small(), TEXT[:29])
    random_one, consecutive = seen(short, AskSampling(None, 0, 0, 5, 50), SamplingShown).windows
    assert (random_one.minibatches, consecutive.minibatches) == (1, 0)
    assert random_one.text == TEXT[:29]
    assert consecutive.starts == () == consecutive.owners


def test_the_vocabulary_and_a_row() -> None:
    trainer = trained(5, cell="gru")
    told: VocabularyShown = seen(trainer, AskVocabulary(), VocabularyShown)
    assert list(told.characters) == sorted(set(TEXT))
    assert list(told.counts) == [TEXT.count(character) for character in told.characters]
    row: RowShown = seen(trainer, AskRow(4, 10), RowShown)
    one = one_hot(torch.tensor(4), len(told.characters)).float()
    selected = one @ trainer.model.weights.W_xh
    assert row.hidden == 24
    assert row.gates == tuple(tuple(selected[24 * k : 24 * k + 10].tolist()) for k in range(3))
    assert row.largest == pytest.approx(float(selected.abs().max()))
    assert row.norm == pytest.approx(float(selected.norm()))


@pytest.mark.parametrize("index", [0, 15])
def test_the_row_of_an_embedding_and_what_the_hidden_layer_gets_of_it(index: int) -> None:
    trainer = trained(5, cell="lstm", layers=2, embedding=6)
    told: VocabularyShown = seen(trainer, AskVocabulary(), VocabularyShown)
    row: RowShown = seen(trainer, AskRow(index, 10), RowShown)
    embedding, W_xh = trainer.model.weights.W_e, trainer.model.weights.W_xh
    assert embedding is not None
    selected = one_hot(torch.tensor(index), len(told.characters)).double() @ embedding.double() @ W_xh.double()
    assert (row.index, row.hidden, row.embedding) == (index, 24, 6)
    for k, gate in enumerate(row.gates):
        assert gate == pytest.approx(selected[24 * k : 24 * k + 10].tolist())
    assert row.norm == pytest.approx(float(selected.norm()))


def states_by_the_chapter(trainer: Trainer, text: str) -> Tensor:
    """H after each character, (characters, H), one-hot and step by step."""
    recipe, weights = trainer.recipe, trainer.model.weights
    state = tuple(torch.zeros(1, recipe.hidden) for _ in range(2 if recipe.cell == "lstm" else 1))
    hidden = []
    for character in text:
        x = one_hot(torch.tensor([trainer.vocabulary.index[character]]), len(trainer.vocabulary)).float()
        state = STEPS[recipe.cell](x, state, weights.layers[0], ACTS[recipe.activation])
        hidden.append(state[0][0])
    return torch.stack(hidden)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_hidden_units_and_the_next_characters(cell: str, activation: str) -> None:
    trainer = trained(40, cell=cell, activation=activation)
    told: HiddenShown = seen(trainer, AskHidden("风X吹", 12, None, 6), HiddenShown)
    assert told.text == "风吹" + trainer.complete("风吹", 12).text
    assert told.typed == 2
    hidden = states_by_the_chapter(trainer, told.text).double()
    spread = hidden.std(0, correction=0)
    assert sorted(told.order) == list(range(24))
    assert list(told.spread) == sorted(told.spread, reverse=True)
    assert told.spread == pytest.approx([float(spread[unit]) for unit in told.order], rel=1e-4, abs=1e-9)
    assert (told.first, told.unit, len(told.values)) == (0, told.order[0], 6)
    for unit, values in zip(told.order[:6], told.values, strict=True):
        assert values == pytest.approx(hidden[:, unit].tolist(), rel=1e-4, abs=1e-8)
    picked = told.order[20]
    other: HiddenShown = seen(trainer, AskHidden("风X吹", 12, picked, 6), HiddenShown)
    assert (other.unit, other.first) == (picked, 17)
    assert other.values[3] == pytest.approx(hidden[:, picked].tolist(), rel=1e-4, abs=1e-8)

    following: NextShown = seen(trainer, AskNext("风X吹", 12), NextShown)
    assert (following.text, following.typed) == (told.text, 2)
    assert len(following.likeliest) == 15
    for place in range(15):
        before = states_by_the_chapter(trainer, told.text[:place])[-1] if place else torch.zeros(24)
        wanted = torch.softmax(before @ trainer.model.weights.W_hy + trainer.model.weights.b_y, 0)
        shown = dict(following.likeliest[place])
        assert sorted(shown.values(), reverse=True) == list(shown.values())
        assert list(shown.values()) == pytest.approx(wanted.topk(10).values.tolist(), rel=1e-4)
        for character, probability in shown.items():
            index = trainer.vocabulary.index[character]
            assert probability == pytest.approx(float(wanted[index]), rel=1e-4)
        if place < 14:
            index = trainer.vocabulary.index[told.text[place]]
            assert following.taken[place] == pytest.approx(float(wanted[index]), rel=1e-4)
    # What was written was the likeliest.
    assert [places[0][0] for places in following.likeliest[2:14]] == list(told.text[2:])


@pytest.mark.parametrize("length", [0, 1, 62, 63, 64, 150, 5_000])
def test_completions_of_any_length(length: int) -> None:
    trainer = trained(2)
    told: NextShown = seen(trainer, AskNext("风", length), NextShown)
    assert len(told.text) == len(told.taken) == len(told.likeliest) - 1 == min(200, length) + 1
    shown: HiddenShown = seen(trainer, AskHidden("", length, 99_999, 100), HiddenShown)
    assert len(shown.text) == min(200, length)
    assert {len(row) for row in shown.values} == {len(shown.text)}
    assert len(shown.values) == 24


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradients_agree(cell: str, activation: str, sampling: str) -> None:
    trainer = trained(9, cell=cell, activation=activation, sampling=sampling)
    told: CheckShown = seen(trainer, AskCheck(3), CheckShown)
    assert (told.turn, told.minibatch, told.cell, told.activation) == (3, 9, cell, activation)
    shapes = {name: tuple(weight.shape) for name, weight in trainer.model.weights.named.items()}
    assert {each.name: each.shape for each in told.parameters} == shapes
    for each in told.parameters:
        assert each.single.of_largest < 1e-5
        assert each.double.of_largest < 1e-13
        assert each.double.of_largest <= each.double.entrywise < 1e-7
    trainer.engine.carry(trainer.next_minibatch()[2])
    trainer.engine.forward(*trainer.next_minibatch()[:2], activation, True)
    trainer.engine.backward()
    for each, gradient in zip(told.parameters, trainer.model.gradient.weights, strict=True):
        assert each.largest == pytest.approx(float(gradient.abs().max()), rel=1e-4)


def test_a_wrong_gradient_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from lyricterm.engine.cells.rnn import Rnn

    right = Rnn.backward

    def wrong(*arguments: Any, **named: Any) -> Any:
        d_state = right(*arguments, **named)
        arguments[-1].whole[0, 0, 0] *= 1.01
        return d_state

    monkeypatch.setattr(Rnn, "backward", wrong)
    told: CheckShown = seen(trained(1), AskCheck(1), CheckShown)
    apart = {each.name: each.double.of_largest for each in told.parameters}
    assert apart["b_h"] > 1e-6 < apart["W_xh"]
    assert apart["W_hy"] < 1e-13 > apart["b_y"]


def test_relative_difference() -> None:
    told = difference(torch.tensor([1.0, 0.0, -4.0]), torch.tensor([1.5, 0.0, -4.0]))
    assert told.of_largest == 0.125
    assert told.entrywise == pytest.approx(1 / 3)
    zero = difference(torch.zeros(2), torch.zeros(2))
    assert (zero.of_largest, zero.entrywise) == (0, 0)
    for bad in (math.inf, math.nan):
        assert math.isnan(difference(torch.tensor([bad]), torch.tensor([bad])).of_largest)


@pytest.mark.parametrize(
    "text",
    ["a" * 40, "\x1b\u202e\u200d\U0001f469\U0001f3fd e\u0301\u0000\ud7ff的" * 20],
    ids=["one character", "hostile"],
)
@pytest.mark.parametrize("cell", CELLS)
def test_any_text_and_any_cell(cell: str, text: str) -> None:
    trainer = start(small(cell=cell, hidden=1, batch=1, steps=1), text)
    for question in (*EVERYTHING, AskHidden(text, 500, 7, 9), AskNext(text, 500)):
        look(trainer, question)
    trainer.step()
    for question in EVERYTHING:
        look(trainer, question)


def test_after_an_overflow_there_is_still_something_to_see() -> None:
    text = "".join(random.Random(1).choices("abcdefgh", k=400))
    recipe = small(activation="relu", clipping=False, lr=50.0, steps=35, batch=1, hidden=64, sampling="consecutive")
    trainer = start(recipe, text)
    while not trainer.step().overflow:
        assert trainer.epoch < 50
    for question in EVERYTHING:
        look(trainer, question)
