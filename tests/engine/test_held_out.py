"""Held-out text: scored as torch.nn would, without training feeling it; and what a model has to beat on it."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lyricterm.core.errors import CheckpointError, RecipeError
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.corpus.text import Corpus
from lyricterm.engine import baselines, checkpoint, snapshot
from lyricterm.engine.baselines import Pairs
from lyricterm.engine.held_out import LEAST, MOST, HeldOut, wanted
from lyricterm.engine.split import beyond, held_out_text, split
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import EpochSums
from lyricterm.engine.vocabulary import Vocabulary
from lyricterm.training.progress_report import held_out
from tests.engine.runs import TEXT, epochs, figures, losses, small, start

REST = TEXT[::-1][:400]


def with_rest(**values: Any) -> Trainer:
    return Trainer(small(**values), Corpus("test", TEXT, len(TEXT) + len(REST), REST * 3))


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_training_does_not_feel_it(sampling: str, engine: str, cell: str) -> None:
    values = {"sampling": sampling, "engine": engine, "cell": cell, "threads": "1"}
    alone, scored = start(small(**values)), with_rest(**values)
    assert losses(epochs(alone, 3)) == losses(epochs(scored, 3))
    assert torch.equal(alone.model.parameters.flat, scored.model.parameters.flat)


def nn_loss(trainer: Trainer, strips: torch.Tensor) -> float:
    """The oracle: torch's own cell, float64, over whole strips from the zero state."""
    weights = [part.double() for part in trainer.model.weights]
    W_xh, W_hh, b_h, W_hy, b_y = weights
    size, vocabulary = trainer.model.hidden, len(trainer.vocabulary)
    cell = nn.LSTM(vocabulary, size) if trainer.recipe.cell == "lstm" else nn.RNN(vocabulary, size)
    order = [0, 1, 3, 2] if trainer.recipe.cell == "lstm" else [0]  # torch has the candidate before the output gate

    def reordered(wide: torch.Tensor) -> torch.Tensor:
        return torch.cat([wide[..., i * size : (i + 1) * size] for i in order], dim=-1).t()

    cell.double().load_state_dict(
        {
            "weight_ih_l0": reordered(W_xh),
            "weight_hh_l0": reordered(W_hh),
            "bias_ih_l0": reordered(b_h).t(),
            "bias_hh_l0": torch.zeros_like(reordered(b_h).t()),
        }
    )
    inputs = nn.functional.one_hot(strips[:, :-1].long().t(), vocabulary).double()
    hidden, _state = cell(inputs)
    scores = hidden @ W_hy + b_y
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), strips[:, 1:].long().t().flatten())
    return float(loss.detach())


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("characters", [LEAST, 100, 777, 5_000])
def test_the_loss_is_that_of_torch(cell: str, characters: int) -> None:
    trainer = start(small(cell=cell, lr=0.5))
    epochs(trainer, 3)
    text = trainer.indices.repeat(10)[:characters]
    held_out = HeldOut(text, trainer.model, cell)
    assert held_out.loss("tanh") == pytest.approx(nn_loss(trainer, held_out.read), rel=1e-5)
    # Nearly all of it is read.
    assert 0.9 * characters < held_out.characters + len(held_out.read) <= characters


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_loss_from_zero_states_is_that_of_torch(cell: str) -> None:
    trainer = with_rest(cell=cell, lr=0.5)
    epochs(trainer, 3)
    text = trainer.validation.text
    assert text is not None
    strips = HeldOut(text.indices, trainer.model, cell, steps=trainer.recipe.steps).read
    blocks = math.ceil((len(text.indices) // len(strips) - 1) / trainer.recipe.steps)
    each = (strips.shape[1] - 1) // blocks
    assert 1 < each <= trainer.recipe.steps
    losses_ = [nn_loss(trainer, strips[:, i * each : (i + 1) * each + 1]) for i in range(blocks)]
    assert trainer.validation.loss_from_zero(trainer.recipe) == pytest.approx(sum(losses_) / blocks, rel=1e-5)
    assert math.isnan(start(small()).validation.loss_from_zero(small()))


def test_it_follows_the_weights_and_gives_the_same_twice() -> None:
    trainer = with_rest()
    done = figures(epochs(trainer, 2))
    assert done[0].valid_loss != done[1].valid_loss
    assert trainer.validation.loss("tanh") == done[1].valid_loss
    assert done[1].valid_perplexity == pytest.approx(math.exp(done[1].valid_loss))


def test_nothing_is_held_out_of_a_text_that_ends() -> None:
    trainer = start(small())
    assert trainer.validation.text is None
    (done,) = figures(epochs(trainer, 1))
    assert math.isnan(done.valid_loss)
    assert math.isnan(done.valid_perplexity)


def test_what_follows_the_text_is_held_out_or_its_last_part(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcdefghij", encoding="utf-8")
    loaded = load(Recipe(corpus=str(path), max_chars=6), 3)
    assert (loaded.text, loaded.beyond) == ("abcdef", "ghi")
    assert split(loaded, "auto") == (loaded, "ghi")
    assert split(loaded, "0") == (loaded, "")
    training, held_out = split(loaded, "0.5")
    assert (training.text, held_out) == ("abc", "def")
    assert beyond(Recipe(max_chars=1_000)) == 200
    assert beyond(Recipe(max_chars=1_000, valid="0")) == 0
    assert wanted(10**9) == MOST


def test_characters_that_the_training_text_lacks_are_counted() -> None:
    vocabulary = Vocabulary.of("ab")
    found = held_out_text("ab" * 500, "abxabyx" + "ab" * 500, vocabulary)
    assert found is not None
    assert (found.unknown, found.unknown_kinds) == (3, 2)
    assert vocabulary.decode(found.indices.tolist()) == "abab" + "ab" * 96 + "a"
    assert held_out_text("ab" * 500, "x" * 900, vocabulary) is None


@pytest.mark.parametrize(("valid", "total"), [("0.5", 1_000), ("auto", 0)])
def test_how_much_is_held_out_is_known_though_less_is_scored(valid: str, total: int) -> None:
    text = (TEXT * 40)[:2_000]
    facts = held_out(Trainer(small(valid=valid), Corpus("test", text, 4_000, text)))
    assert facts is not None
    assert facts.total == total
    # A fifth of what is trained on.
    assert 0.9 * wanted(2_000 - total) < facts.characters <= wanted(2_000 - total)


@pytest.mark.parametrize("value", ["0.6", "-0.1", "1", "half", "", "nan", "1e-3"])
def test_a_fraction_out_of_bounds_is_refused(value: str) -> None:
    with pytest.raises(RecipeError, match=r"held out \(--valid\) must be auto, or a number from 0 to 0.5"):
        Recipe(valid=value)


def test_frequencies_are_those_counted() -> None:
    training, held_out = "abracadabra" * 40, "cabbad" * 20
    vocabulary = Vocabulary.of(training)
    counts, total = Counter(training), len(training)
    told = baselines.baselines(vocabulary.encode(training), vocabulary.encode(held_out)[None], len(vocabulary))
    entropy = -sum(math.log(counts[c] / total) for c in held_out[1:]) / (len(held_out) - 1)
    assert told.frequencies == pytest.approx(math.exp(entropy))
    assert told.guessing == 5


def test_the_bigram_mixes_pairs_and_frequencies() -> None:
    training = "aabab"
    indices = Vocabulary.of(training).encode(training).long()
    pairs = Pairs(indices, 2)
    # a is followed by a once and by b twice; b by a once. a is 3 of 5 characters.
    a, b = torch.tensor([0]), torch.tensor([1])
    assert float(pairs.mixed(a, b, 0.25)) == pytest.approx(0.25 * 2 / 3 + 0.75 * 2 / 5)
    assert float(pairs.mixed(b, b, 0.25)) == pytest.approx(0.75 * 2 / 5)
    for before in (a, b):
        assert float(pairs.mixed(before, a, 0.25) + pairs.mixed(before, b, 0.25)) == pytest.approx(1)


def test_on_the_built_in_text_the_bigram_beats_the_frequencies_and_they_beat_guessing() -> None:
    recipe = Recipe()
    loaded = load(recipe, 10**9)
    vocabulary = Vocabulary.of(str(loaded.text))
    known = "".join(character for character in loaded.beyond if character in vocabulary.index)
    told = baselines.baselines(vocabulary.encode(str(loaded.text)), vocabulary.encode(known)[None], len(vocabulary))
    assert told.guessing == 1_489
    assert told.frequencies == pytest.approx(301.8, abs=0.1)
    assert told.bigram == pytest.approx(199.0, abs=0.1)


def test_the_best_epoch_is_that_with_the_lowest_held_out_loss() -> None:
    trainer = with_rest(lr=0.4, keep="best")
    done, weights = [], {}
    for _ in range(12):
        done += figures(epochs(trainer, 1))
        weights[trainer.epoch] = trainer.model.parameters.flat.clone()
    best = min(done, key=lambda each: each.valid_loss)
    assert trainer.validation.best.epoch == best.epoch < 12
    assert trainer.validation.best.loss == best.valid_loss
    assert trainer.validation.take_best()
    for ours, theirs in zip(trainer.model.weights, trainer.validation.best.weights or (), strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(trainer.model.parameters.flat, weights[best.epoch])


def test_where_nothing_is_held_out_the_best_is_by_the_training_text() -> None:
    trainer = start(small(keep="best"))
    done = figures(epochs(trainer, 4))
    assert trainer.validation.best.loss == min(each.loss for each in done)


def test_weights_of_the_best_epoch_are_only_kept_where_they_are_wanted() -> None:
    trainer = with_rest()
    epochs(trainer, 2)
    assert trainer.validation.best.epoch > 0
    assert trainer.validation.best.weights is None
    assert not trainer.validation.take_best()


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_checkpoint_carries_the_best_epoch(tmp_path: Path, keep: str) -> None:
    trainer = with_rest(keep=keep, threads="1")
    epochs(trainer, 3)
    path = tmp_path / "run.safetensors"
    checkpoint.save(snapshot.capture(trainer), path)
    saved = checkpoint.load(path)
    again = snapshot.resume(saved, saved.recipe, Corpus("test", TEXT, 1, REST * 3))
    assert (again.validation.best.epoch, again.validation.best.loss) == (
        trainer.validation.best.epoch,
        trainer.validation.best.loss,
    )
    assert (again.validation.best.weights is not None) == (keep == "best")
    assert figures(epochs(again, 1)) != []
    assert losses(epochs(again, 1)) == losses(epochs(trainer, 2))[-again.minibatches :]


def test_a_run_that_holds_out_its_last_part_is_resumed_on_the_same_text(tmp_path: Path) -> None:
    recipe = small(valid="0.25", threads="1")
    text = Corpus("test", TEXT, len(TEXT))
    trainer = Trainer(recipe, text)
    assert trainer.corpus.text == TEXT[: len(TEXT) - round(len(TEXT) / 4)]
    assert trainer.validation.text is not None
    epochs(trainer, 1)
    path = tmp_path / "run.safetensors"
    checkpoint.save(snapshot.capture(trainer), path)
    saved = checkpoint.load(path)
    again = snapshot.resume(saved, saved.recipe, text)
    assert losses(epochs(again, 1)) == losses(epochs(trainer, 1))
    with pytest.raises(CheckpointError, match="not the text this run was trained on"):
        snapshot.resume(saved, saved.recipe.with_values({"valid": "0"}), text)


def test_scores_that_overflow_are_infinite_and_no_gap() -> None:
    trainer = with_rest()
    # Finite weights whose products are infinite, of both signs.
    trainer.model.weights.W_hy.copy_(trainer.model.weights.W_hy.sign() * 3e38)
    trainer.model.weights.W_xh.mul_(1e4)
    assert trainer.validation.loss("tanh") == math.inf
    metrics = EpochSums().metrics(1, trainer.validation.loss("tanh"))
    assert (metrics.valid_loss, metrics.valid_perplexity) == (math.inf, math.inf)
