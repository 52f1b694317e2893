"""Choosing the next character, against definitions in plain Python."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lyricterm.engine.decoding import draw, greedy, sampler, softmax, top_k, top_p

from .runs import epochs, small, start

score_lists = st.lists(st.floats(-30, 30), min_size=1, max_size=12)
weights = st.lists(st.integers(0, 16), min_size=1, max_size=10).filter(any)


def row(values: list[float]) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def plain_softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    total = math.fsum(math.exp(score - top) for score in scores)
    return [math.exp(score - top) / total for score in scores]


@given(score_lists)
def test_softmax(scores: list[float]) -> None:
    assert softmax(row(scores))[0].tolist() == pytest.approx(plain_softmax(scores))


def test_softmax_of_extreme_scores() -> None:
    assert softmax(torch.tensor([[1e30, 0.0, -1e30]])).tolist() == [[1.0, 0.0, 0.0]]


@given(score_lists)
def test_greedy_takes_the_first_of_the_likeliest(scores: list[float]) -> None:
    assert greedy(row(scores)).tolist() == [scores.index(max(scores))]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=10, unique=True), st.integers(1, 12))
def test_top_k_keeps_the_k_likeliest_as_they_are(values: list[int], k: int) -> None:
    cut = sorted(values, reverse=True)[:k][-1]
    wanted = [float(value) if value >= cut else 0.0 for value in values]
    assert top_k(row([float(value) for value in values]), k)[0].tolist() == wanted


def test_top_k_keeps_no_more_than_k_of_equals() -> None:
    assert int((top_k(row([0.25] * 4), 3) > 0).sum()) == 3


def nucleus(probabilities: list[float], p: float) -> list[float]:
    """The likeliest, one after the other, until they reach p together; among equals the first first."""
    kept, reached = [0.0] * len(probabilities), 0.0
    for i in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        if reached >= p:
            break
        kept[i] = probabilities[i]
        reached += probabilities[i]
    return kept


@given(weights, st.integers(1, 64))
def test_top_p_keeps_the_smallest_set_that_reaches_p(counts: list[int], sixty_fourths: int) -> None:
    probabilities = [count / 1024 for count in counts]
    # Just below what some of them may have together, so that it does not depend on how p is rounded.
    p = sixty_fourths / 64 * sum(probabilities) - 1e-5
    assert top_p(row(probabilities), p)[0].tolist() == nucleus(probabilities, p)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.001, [0.0, 0.5, 0.0, 0.0]),
        (0.5, [0.0, 0.5, 0.0, 0.0]),
        (0.75, [0.25, 0.5, 0.0, 0.0]),
        (0.76, [0.25, 0.5, 0.125, 0.0]),
        (1.0, [0.25, 0.5, 0.125, 0.125]),
    ],
)
def test_top_p_at_its_edges(p: float, kept: list[float]) -> None:
    assert top_p(row([0.25, 0.5, 0.125, 0.125]), p).tolist() == [kept]


@given(weights, st.integers(0, 1023))
def test_draw_is_the_inverse_of_the_cumulative_distribution(counts: list[int], thousand: int) -> None:
    u = thousand / 1024
    total = sum(counts)
    cumulative = [sum(counts[: i + 1]) for i in range(len(counts))]
    wanted = next(i for i, value in enumerate(cumulative) if value > u * total)
    assert draw(row([float(count) for count in counts]), u).tolist() == [wanted]
    assert counts[wanted] > 0


def test_draw_takes_each_character_for_its_share_of_u() -> None:
    probabilities = [0.0, 0.125, 0.5, 0.0, 0.25, 0.125, 0.0]
    drawn = [int(draw(row(probabilities), i / 1024)) for i in range(1024)]
    assert [drawn.count(i) / 1024 for i in range(7)] == probabilities
    assert drawn == sorted(drawn)


@given(
    st.lists(st.sampled_from([0.0, 1e-300, 1e-8, 0.3, 1 / 3, 1.0]), min_size=1, max_size=9).filter(any),
    st.sampled_from([0.0, 5e-324, 0.3, 0.5, 1 - 2**-53]),
)
def test_draw_never_takes_what_has_no_probability(probabilities: list[float], u: float) -> None:
    assert probabilities[int(draw(row(probabilities), u))] > 0


def chosen(scores: list[float], count: int, **options: float) -> list[int]:
    choose = sampler(**options)  # type: ignore[arg-type]
    return [int(choose(torch.tensor([scores]))) for _ in range(count)]


def test_sampler_draws_at_the_cumulative_softmax() -> None:
    scores, temperature, seed = [1.0, 2.0, -1.0, 0.5], 0.7, 11
    probabilities = plain_softmax([score / temperature for score in scores])
    generator = torch.Generator().manual_seed(seed)
    wanted = []
    for _ in range(200):
        u = torch.rand((), generator=generator, dtype=torch.float64).item()
        wanted.append(next(i for i in range(4) if math.fsum(probabilities[: i + 1]) > u))
    assert chosen(scores, 200, temperature=temperature, seed=seed) == wanted
    assert set(wanted) == {0, 1, 2, 3}


@pytest.mark.parametrize("temperature", [1e-320, 1e-40, 1e-4])
def test_temperature_towards_zero_is_greedy(temperature: float) -> None:
    assert set(chosen([3.0, 90.0, 89.0, -1e4], 50, temperature=temperature)) == {1}


def test_temperature_towards_infinity_is_even() -> None:
    drawn = chosen([30.0, 0.0, -30.0], 3000, temperature=1e9)
    for i in range(3):
        assert abs(drawn.count(i) / 3000 - 1 / 3) < 0.05


def test_top_k_of_one_is_greedy() -> None:
    assert set(chosen([1.0, 1.1, 1.05], 50, k=1)) == {1}


def test_top_p_is_applied_to_what_top_k_leaves() -> None:
    scores = [math.log(value) for value in (0.4, 0.3, 0.2, 0.1)]
    # Of the three that are left the first two have 7/9, which is less than 0.8.
    assert set(chosen(scores, 300, k=3, p=0.8)) == {0, 1, 2}
    assert set(chosen(scores, 300, k=3, p=0.75)) == {0, 1}
    assert set(chosen(scores, 300, p=0.75)) == {0, 1, 2}


def test_same_seed_writes_the_same() -> None:
    trainer = start(small(hidden=16))
    epochs(trainer, 1)
    texts = [trainer.complete("风", 60, sampler(temperature=1.2, k=8, p=0.95, seed=seed)).text for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 60
