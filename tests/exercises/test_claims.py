"""Each exercise on the built-in text: what its verdict claims, measured once more in float64 by torch's autograd."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
import torch

from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.paths import asset
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.engine.split import beyond
from lyricterm.engine.trainer import Trainer
from lyricterm.exercises.base import Results, Verdict
from lyricterm.exercises.decoding import DECODINGS
from lyricterm.exercises.group import SeedVerdict, compare_groups, grouped
from lyricterm.exercises.measurements import RunResult
from tests.exercises.oracle import Measured, Student, measure, read_through
from tests.exercises.results import play

pytestmark = pytest.mark.slow

LENGTH = 3_000
SIZES: dict[str, Any] = {"max_chars": LENGTH, "hidden": 48, "steps": 20, "batch": 16, "pred_len": 30}
TEXT = asset("lyrics-zh.txt").read_text(encoding="utf-8").replace("\r", " ").replace("\n", " ")
TRAINING, HELD_OUT = TEXT[:LENGTH], TEXT[LENGTH : LENGTH + LENGTH // 5]


@cache
def played(name: str, epochs: int, seeds: int) -> tuple[Results, Verdict]:
    return play(name, Recipe(corpus="demo-zh", device="cpu", threads="1", **SIZES), epochs, seeds)


def t_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Student's t of two groups of three, with their pooled variance; 2.776 is the 97.5 % point for 4 degrees."""
    pooled = (statistics.variance(first) + statistics.variance(second)) / 2
    return (statistics.fmean(first) - statistics.fmean(second)) / math.sqrt(pooled * 2 / 3)


def _carried_helps(result: RunResult) -> float:
    """How many times better it does on its training text when the state is carried on."""
    assert result.scores is not None
    return result.scores.training_zero / result.scores.training_carried


def by_name(results: Results) -> dict[str, RunResult]:
    """The runs with the first seed."""
    return {result.run.name: result for result in reversed(results)}


def measured_at(recipe: Recipe, epoch: int, minibatch: int = 1) -> Measured:
    """Before that minibatch, both counted from 1; only the place is the engine's, the gradient is autograd's."""
    trainer = Trainer(recipe, load(recipe, beyond(recipe)))
    for _ in range((epoch - 1) * trainer.minibatches + minibatch - 1):
        trainer.step()
    inputs, labels, _state = trainer.next_minibatch()
    return measure(recipe.cell, recipe.activation, list(trainer.model.weights), inputs, labels)


def assert_measured(result: RunResult, place: int) -> None:
    """A probe of a run says what autograd says."""
    told = result.probes[place]
    found = measured_at(result.recipe, told.epoch, told.minibatch)
    assert told.norms == pytest.approx(found.norms, rel=2e-3)
    assert told.factor == pytest.approx(found.factor, rel=2e-3)
    assert told.radius == pytest.approx(found.radius, rel=2e-3, nan_ok=True)
    assert told.on == pytest.approx(found.on, abs=2e-3)
    assert told.never_on == found.never_on


def test_clipping_bounds_the_step_and_not_the_way_back_through_time() -> None:
    results, verdict = played("clipping", 12, 1)
    runs = by_name(results)
    assert verdict.findings["cause"] == "step"
    # Without clipping it is lost, also where nothing goes back through time; with short steps it learns.
    characters = SIZES["steps"] * SIZES["batch"]
    assert Student(TRAINING).train(12).learnt
    assert not Student(TRAINING, clip=None).train(12).learnt
    assert not Student(TRAINING, clip=None, steps=1, batch=characters).train(12).learnt
    assert Student(TRAINING, clip=None, lr=0.2 / characters).train(12).learnt
    # The figures of the reasons: whose norm it is, how long the step, how the gradient goes back.
    lost = runs["tanh unclipped"]
    for place in (0, 1, 2):
        assert_measured(lost, place)
    assert lost.probes[0].norms[4] == max(lost.probes[0].norms)
    assert lost.probes[0].factor < 1


def test_each_way_of_sampling_is_better_at_home() -> None:
    results, verdict = played("sampling", 40, 3)
    scored = [group.mean(_carried_helps) for group in grouped(results)]
    random, consecutive = (Student(TRAINING, sampling=each).train(40) for each in ("random", "consecutive"))
    found = [s.score(TRAINING, carried=False) / s.score(TRAINING, carried=True) for s in (random, consecutive)]
    # Carrying the state on helps the one that was trained so more than the other.
    assert scored[0] < scored[1]
    assert found[0] < found[1]
    assert found == pytest.approx(scored, rel=0.25)
    # On text that is held out, in both ways, and at the best epoch of each.
    for run, student in zip(results, (random, consecutive), strict=False):
        assert run.from_zero[-1].perplexity == pytest.approx(student.score(HELD_OUT, carried=False), rel=0.25)
        assert run.valid == pytest.approx(student.score(HELD_OUT, carried=True), rel=0.25)
        assert run.best_from_zero is not None
        assert run.best_from_zero.perplexity == min(each.perplexity for each in run.from_zero)
    assert verdict.findings["perplexity of random"] == pytest.approx(random.perplexities[-1], rel=0.25)
    assert verdict.findings["perplexity of consecutive"] == pytest.approx(consecutive.perplexities[-1], rel=0.25)


def test_units_and_gradients_of_both_activations() -> None:
    results, verdict = played("activation", 20, 1)
    runs = by_name(results)
    for name in ("tanh clipped", "ReLU clipped"):
        assert_measured(runs[name], -1)
    never_on = runs["ReLU clipped"].probes[-1].never_on
    assert (f"{never_on} of 48 units are never on" in verdict.why[1]) is True


def test_without_detach_the_gradient_reaches_the_first_minibatch_and_the_forward_pass_is_the_same() -> None:
    results, _verdict = played("detach", 2, 1)
    on, off = (by_name(results)[name] for name in ("detach on", "detach off"))
    assert on.minibatches[0].loss == off.minibatches[0].loss
    per_epoch = len(off.minibatches) // 2
    held = [step.held_bytes / off.minibatches[0].held_bytes for step in off.minibatches[:per_epoch]]
    assert held == pytest.approx(range(1, per_epoch + 1), rel=0.05)
    assert {step.held_bytes for step in on.minibatches} == {on.minibatches[0].held_bytes}
    # Autograd: the third minibatch's loss depends on what was read in the first, unless the state was cut.
    student = Student(TRAINING, sampling="consecutive")
    for cut in (False, True):
        begun = torch.zeros(student.batch, student.hidden, dtype=torch.float64).requires_grad_()
        H = begun
        for inputs, labels in student._minibatches()[:3]:
            loss, H = student._loss(inputs, labels, H.detach() if cut else H)
        (reached,) = torch.autograd.grad(loss, [begun], allow_unused=True)
        assert (reached is None) is cut


def test_the_model_learns_its_text_by_heart() -> None:
    results, verdict = played("memory", 60, 3)
    run = results[0]
    assert verdict.findings["memorised"] is True
    student = Student(TRAINING)
    held_out = []
    for _ in range(60):
        student.train(1)
        held_out.append(student.score(HELD_OUT, carried=True))
    assert held_out[-1] > 1.05 * min(held_out)
    assert student.perplexities[-1] < 0.5 * student.perplexities[held_out.index(min(held_out))]
    # The baselines, counted by hand.
    assert run.held_out is not None
    counts = {character: TRAINING.count(character) for character in set(TRAINING)}
    known = [character for character in HELD_OUT if character in counts]
    assert run.held_out.unknown == len(HELD_OUT) - len(known)
    logs = [math.log(counts[character] / LENGTH) for character in known]
    assert run.held_out.frequencies == pytest.approx(math.exp(-statistics.fmean(logs)), rel=0.05)
    assert verdict.findings["beats the bigram"] is (run.best_valid < run.held_out.bigram)


def test_how_far_back_each_cell_reaches() -> None:
    results, _verdict = played("cells", 6, 1)
    for result in results:
        assert_measured(result, -1)
    # "The GRU has three blocks of weights and the LSTM four": W_x, W_h and b of each, and one output layer.
    for result, blocks in zip(results, (1, 3, 4), strict=True):
        hidden, vocabulary = result.recipe.hidden, result.vocabulary
        inner = blocks * (vocabulary * hidden + hidden * hidden + hidden)
        assert result.parameters == inner + hidden * vocabulary + vocabulary


def test_what_the_rules_of_the_update_do_to_small_and_large_gradients() -> None:
    results, verdict = played("optimisers", 3, 1)
    for result in results:
        assert_measured(result, 0)
        recipe = result.recipe
        trainer = Trainer(recipe, load(recipe, beyond(recipe)))
        inputs, labels, _state = trainer.next_minibatch()
        before = [weight.double().clone() for weight in trainer.model.weights]
        norms = measure("rnn", "tanh", before, inputs, labels).norms
        trainer.step()
        moved = [(a.double() - b).norm() for a, b in zip(trainer.model.weights, before, strict=True)]
        factor = float(moved[4] / norms[4]) / float(moved[1] / norms[1])
        if recipe.optimizer in ("sgd", "momentum"):
            # In proportion to the gradient: each parameter by the same share of it.
            assert factor == pytest.approx(1, rel=1e-2)
        else:
            # The small gradient of W_hh moves its entries by much more of itself than the large one of b_y.
            assert factor < 0.1
    shares = [norm**2 for norm in results[0].probes[0].norms]
    assert max(shares) == shares[4]
    assert "of the squared gradient norm comes from b_y" in verdict.why[0]
    # "Epochs until training perplexity": the first one that is no higher than the highest of the last.
    level = max(result.perplexity for result in results if result.learnt)
    for result in results:
        first = next(each.epoch for each in result.epochs if each.perplexity <= level)
        assert f"{result.run.label} {first}" in verdict.why[1]


def test_what_more_layers_cost() -> None:
    results, verdict = played("depth", 2, 1)
    for result in results:
        layers, size, vocabulary = result.recipe.layers, result.recipe.hidden, result.vocabulary
        stack = torch.nn.RNN(vocabulary, size, num_layers=layers)
        # torch's cells have two biases of which one is enough.
        inner = sum(parameter.numel() for parameter in stack.parameters()) - layers * size
        assert result.parameters == inner + size * vocabulary + vocabulary
        assert f"{result.parameters:,}" in verdict.tables[1].rows[layers - 1]


def test_what_the_lyrics_are_said_to_be() -> None:
    results, verdict = played("pred-period", 40, 3)
    run = results[0]
    for sample in run.samples:
        copied = set()
        for i in range(len(sample.text) - 7):
            if sample.text[i : i + 8] in TRAINING:
                copied |= set(range(i, i + 8))
        assert sample.copied == pytest.approx(len(copied) / len(sample.text))
    means = [
        [statistics.mean(len(set(s.text)) / len(s.text) for s in each.at(at)) for each in results] for at in (1, 40)
    ]
    ratios = [math.log(last / first) for first, last in zip(*means, strict=True)]
    # Student's t of three pairs; 4.303 is the 97.5 % point for 2 degrees.
    t = statistics.fmean(ratios) / statistics.stdev(ratios) * math.sqrt(3)
    assert verdict.findings["more_varied"] is (t > 4.303)
    assert verdict.findings["distinct at last"] == pytest.approx(statistics.fmean(means[1]))


def test_what_each_way_of_decoding_writes() -> None:
    (run,), verdict = played("decoding", 12, 1)
    trainer = Trainer(run.recipe, load(run.recipe, beyond(run.recipe)))
    while trainer.epoch < 12:
        trainer.step()
    weights = [weight.double() for weight in trainer.model.weights]
    index = {character: i for i, character in enumerate(trainer.vocabulary.characters)}
    losses: dict[Decoding, list[float]] = {}
    for trial in run.trials:
        read = torch.tensor([index[character] for character in trial.prefix + trial.text])
        begun = len(trial.prefix) - 1
        scores = torch.cat(read_through("rnn", "tanh", weights, read[None, :-1])) @ weights[3] + weights[4]
        known = torch.log_softmax(scores, 1)[begun:].gather(1, read[begun + 1 :, None])
        assert trial.loss == pytest.approx(-float(known.mean()), rel=1e-3)
        losses.setdefault(trial.decoding, []).append(trial.loss)
        if trial.decoding == GREEDY:
            assert torch.equal(scores[begun:].argmax(1), read[begun + 1 :])
        if trial.decoding.top_k:
            assert (known >= torch.log_softmax(scores, 1)[begun:].topk(10).values[:, -1:] - 1e-6).all()
    assert set(losses) == set(DECODINGS)
    perplexity = math.exp(statistics.fmean(losses[GREEDY]))
    assert verdict.findings["own perplexity, greedy"] == pytest.approx(perplexity)
    # Every beginning stands in the training text.
    assert all(trial.prefix in TRAINING for trial in run.trials)


def test_settings_are_told_apart_by_the_spread_between_seeds() -> None:
    results, verdict = played("hyperparameters", 12, 3)
    as_it_is, *others = grouped(results)
    for group in others:
        told = compare_groups(group, as_it_is, lambda result: result.best_valid)
        assert told is not None
        first, second = (
            [math.log(min(epoch.valid_perplexity for epoch in result.epochs)) for result in each.results]
            for each in (group, as_it_is)
        )
        t = t_value(first, second)
        wanted = SeedVerdict.ALIKE if abs(t) <= 2.776 else SeedVerdict.LOWER if t < 0 else SeedVerdict.HIGHER
        assert told.outcome is wanted
    # "Where the gradient is clipped each update moves the weights by learning rate × θ."
    recipe = as_it_is.recipe
    trainer = Trainer(recipe, load(recipe, beyond(recipe)))
    inputs, labels, _state = trainer.next_minibatch()
    before = [weight.double().clone() for weight in trainer.model.weights]
    assert math.hypot(*measure("rnn", "tanh", before, inputs, labels).norms) > recipe.theta
    trainer.step()
    moved = [(after.double() - old).norm() for after, old in zip(trainer.model.weights, before, strict=True)]
    assert math.hypot(*map(float, moved)) == pytest.approx(recipe.lr * recipe.theta, rel=1e-3)
    updates = (LENGTH - 1) // recipe.steps // recipe.batch
    assert trainer.minibatches == updates
    assert verdict.findings["seeds"] == 3
    # What is compared stands in both tables, and the conclusion names the text.
    assert verdict.findings["judged on"] == "held-out text"
    assert verdict.conclusion.startswith(("On held-out text", "A run did not learn"))
    for group, row, again in zip(grouped(results), *(table.rows for table in verdict.tables), strict=True):
        held = [min(epoch.valid_perplexity for epoch in result.epochs) for result in group.results]
        mean = math.exp(statistics.fmean(map(math.log, held)))
        assert row[2] == again[1]
        assert float(row[2].split()[0].replace(",", "")) == pytest.approx(mean, rel=6e-3)
