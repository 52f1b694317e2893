"""The figures in README under "The numbers" that say how low each cell gets, trained to the end; it takes minutes."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from typing import Any

import pytest

from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.engine.split import beyond
from lyricterm.engine.trainer import Trainer

from .runs import epochs, figures

pytestmark = pytest.mark.long

SHORT: dict[str, Any] = {"max_chars": 10_000, "sampling": "consecutive"}
ADAM: dict[str, Any] = {"optimizer": "adam", "lr": 0.001, "sampling": "consecutive", "init": "orthogonal"}


@pytest.mark.parametrize(
    ("settings", "count", "highest"),
    [
        (SHORT, 250, 2.0),
        (SHORT | {"cell": "gru", "init": "orthogonal"}, 160, 2.0),
        (SHORT | {"cell": "lstm", "init": "orthogonal"}, 160, 4.27),
        (ADAM, 100, 1.4),
    ],
)
def test_a_cell_gets_as_low_as_readme_says(settings: dict[str, Any], count: int, highest: float) -> None:
    recipe = Recipe(corpus="demo-zh", device="cpu", **settings)
    reached = figures(epochs(Trainer(recipe, load(recipe)), count))
    assert len(reached) == count
    assert 1 < reached[-1].perplexity < highest


@pytest.mark.parametrize(
    ("sampling", "activation", "said"),
    [
        ("random", "tanh", 72.9),
        ("consecutive", "tanh", 57.3),
        ("random", "relu", 96.0),
        ("consecutive", "relu", 75.7),
    ],
)
def test_the_chapters_rnn_gets_as_low_in_fifty_epochs_as_readme_says(
    sampling: str, activation: str, said: float
) -> None:
    recipe = Recipe(corpus="demo-zh", device="cpu", sampling=sampling, activation=activation)
    # The spread between seeds is 6 % there, and rounding differs between machines.
    assert figures(epochs(Trainer(recipe, load(recipe)), 50))[-1].perplexity == pytest.approx(said, rel=0.15)


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_without_clipping_the_chapters_rnn_overflows_in_the_first_epoch(sampling: str) -> None:
    recipe = Recipe(corpus="demo-zh", device="cpu", sampling=sampling, clipping=False)
    assert figures(epochs(Trainer(recipe, load(recipe)), 1))[-1].perplexity == math.inf


@pytest.mark.parametrize("seed", range(6))
def test_without_clipping_relu_is_lost_as_readme_says(seed: int) -> None:
    for sampling in ("random", "consecutive"):
        recipe = Recipe(corpus="demo-zh", device="cpu", activation="relu", sampling=sampling, clipping=False, seed=seed)
        trainer = Trainer(recipe, load(recipe))
        overflowed = any(trainer.step().overflow for _ in range(trainer.minibatches))
        assert overflowed or (sampling == "consecutive" and figures(epochs(trainer, 2))[-1].perplexity > 1e6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_orthogonal_first_weights_help_a_cell_with_gates(cell: str) -> None:
    lowest = []
    for init in ("normal", "orthogonal"):
        recipe = Recipe(corpus="demo-zh", device="cpu", cell=cell, init=init, **SHORT)
        lowest.append(figures(epochs(Trainer(recipe, load(recipe)), 80))[-1].perplexity)
    assert lowest[1] < lowest[0]


def test_on_english_text_the_chapters_rnn_beats_a_bigram() -> None:
    recipe = Recipe(corpus="demo-en", device="cpu")
    corpus = load(recipe, beyond(recipe))
    trainer = Trainer(recipe, corpus)
    read = trainer.validation.read
    assert read is not None
    # The oracle: counts in a dictionary, mixed by the share that is best on the held-out text itself.
    text = corpus.text[:]
    pairs, single = Counter(itertools.pairwise(text)), Counter(text)
    characters = trainer.vocabulary.characters
    scored = [(characters[a], characters[b]) for row in read.tolist() for a, b in itertools.pairwise(row)]

    def loss(share: float) -> float:
        mixed = (share * pairs[a, b] / single[a] + (1 - share) * single[b] / len(text) for a, b in scored)
        return -statistics.fmean(map(math.log, mixed))

    bigram = math.exp(min(loss(share / 20) for share in range(20)))
    reached = figures(epochs(trainer, 20))
    assert bigram == pytest.approx(9.93, rel=0.02)
    assert reached[9].valid_perplexity < bigram
    assert reached[19].valid_perplexity < 0.9 * bigram
