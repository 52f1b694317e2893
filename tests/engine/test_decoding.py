"""Choosing the next character, against definitions in plain Python."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lyricterm.core.decoding import KNOBS, Decoding
from lyricterm.core.errors import DecodingError
from lyricterm.engine.decoding import FILTERS, Decoder, decoder, draw, filtered, filters_of, greedy, softmax
from lyricterm.engine.decoding.cuts import min_p, top_k, top_p
from lyricterm.engine.decoding.repetition import no_repeat, repetition_penalty

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


def left(cut: Decoder, probabilities: list[float]) -> list[float]:
    """The probabilities that a filter of scores leaves, not scaled up again; 0 where it rules out."""
    scores = row([math.log(value) if value else -math.inf for value in probabilities])
    kept = cut(scores, ())[0].tolist()
    return [value if math.isfinite(score) else 0.0 for value, score in zip(probabilities, kept, strict=True)]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=10, unique=True), st.integers(1, 12))
def test_top_k_keeps_the_k_likeliest_as_they_are(values: list[int], k: int) -> None:
    cut = sorted(values, reverse=True)[:k][-1]
    wanted = [float(value) if value >= cut else -math.inf for value in values]
    assert top_k(k)(row([float(value) for value in values]), ())[0].tolist() == wanted


def test_top_k_keeps_no_more_than_k_of_equals() -> None:
    assert int(top_k(3)(row([0.25] * 4), ()).isfinite().sum()) == 3


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
    total = sum(counts)
    probabilities = [count / total for count in counts]
    # Just below what some of them may have together, so that it does not depend on how p is rounded.
    p = sixty_fourths / 64 - 1e-5
    assert left(top_p(p), probabilities) == nucleus(probabilities, p)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.001, [0.0, 0.5, 0.0, 0.0]),
        (0.49, [0.0, 0.5, 0.0, 0.0]),
        (0.74, [0.25, 0.5, 0.0, 0.0]),
        (0.76, [0.25, 0.5, 0.125, 0.0]),
        (1.0, [0.25, 0.5, 0.125, 0.125]),
    ],
)
def test_top_p_at_its_edges(p: float, kept: list[float]) -> None:
    assert left(top_p(p), [0.25, 0.5, 0.125, 0.125]) == kept


@given(weights, st.integers(1, 99))
def test_min_p_keeps_what_is_likely_enough_beside_the_likeliest(counts: list[int], hundredths: int) -> None:
    share = hundredths / 100 + 1e-6
    probabilities = [count / sum(counts) for count in counts]
    wanted = [value if value and value >= share * max(probabilities) else 0.0 for value in probabilities]
    assert left(min_p(share), probabilities) == wanted


def test_repetition_penalty_divides_positive_scores_and_multiplies_negative_ones() -> None:
    scores = row([4.0, -4.0, 0.0, 2.0])
    assert repetition_penalty(2.0)(scores, [0, 1, 1, 2])[0].tolist() == [2.0, -8.0, 0.0, 2.0]
    assert repetition_penalty(2.0)(scores, [])[0].tolist() == scores[0].tolist()


def banned(history: list[int], n: int, size: int) -> set[int]:
    """What would write some n characters in a row a second time."""
    grams = {tuple(history[i : i + n]) for i in range(len(history) - n + 1)}
    return {c for c in range(size) if tuple([*history, c][-n:]) in grams and len(history) >= n - 1}


@given(st.lists(st.integers(0, 3), max_size=14), st.integers(2, 4))
def test_no_repeat_rules_out_what_would_write_an_n_gram_again(history: list[int], n: int) -> None:
    kept = no_repeat(n)(row([0.0] * 4), history)[0].tolist()
    ruled = {c for c, score in enumerate(kept) if score == -math.inf}
    wanted = banned(history, n, 4)
    assert ruled == (wanted if len(wanted) < 4 else set())


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


def chosen(scores: list[float], count: int, seed: int = 0, **options: Any) -> list[int]:
    choose = decoder(Decoding(**options), seed)
    return [int(choose(torch.tensor([scores]), ())) for _ in range(count)]


def test_it_draws_at_the_cumulative_softmax() -> None:
    scores, temperature, seed = [1.0, 2.0, -1.0, 0.5], 0.7, 11
    probabilities = plain_softmax([score / temperature for score in scores])
    generator = torch.Generator().manual_seed(seed)
    wanted = []
    for _ in range(200):
        u = torch.rand((), generator=generator, dtype=torch.float64).item()
        wanted.append(next(i for i in range(4) if math.fsum(probabilities[: i + 1]) > u))
    assert chosen(scores, 200, temperature=temperature, seed=seed) == wanted
    assert set(wanted) == {0, 1, 2, 3}


@pytest.mark.parametrize("options", [{}, {"temperature": 0.0}, {"temperature": 0.0, "top_k": 3}, {"top_k": 1}])
def test_greedy_options(options: dict[str, Any]) -> None:
    assert set(chosen([1.0, 1.1, 1.05], 50, **options)) == {1}


@pytest.mark.parametrize("temperature", [1e-320, 1e-40, 1e-4])
def test_temperature_towards_zero_is_greedy(temperature: float) -> None:
    assert set(chosen([3.0, 90.0, 89.0, -1e4], 50, temperature=temperature)) == {1}


SIX = [0.3, 0.05, 0.4, 0.1, 0.12, 0.03]
KEPT = [
    ({"temperature": 1.0}, SIX),
    ({"temperature": 0.5}, [value**2 for value in SIX]),
    ({"top_k": 3}, [0.3, 0, 0.4, 0, 0.12, 0]),
    ({"top_p": 0.8}, [0.3, 0, 0.4, 0, 0.12, 0]),
    ({"min_p": 0.2}, [0.3, 0, 0.4, 0.1, 0.12, 0]),
    ({"top_k": 3, "top_p": 0.75}, [0.3, 0, 0.4, 0, 0, 0]),
    ({"temperature": 0.5, "top_k": 4, "top_p": 0.99, "min_p": 0.1}, [0.09, 0, 0.16, 0, 0, 0]),
]


@pytest.mark.parametrize(("options", "kept"), KEPT, ids=lambda part: "-".join(part) if isinstance(part, dict) else "")
def test_the_filters_together_leave_this_distribution(options: dict[str, float], kept: list[float]) -> None:
    scores = torch.tensor([[math.log(value) + 7 for value in SIX]], dtype=torch.float64)
    after = filtered(scores, (), filters_of(Decoding(**options)))  # type: ignore[arg-type]
    assert softmax(after)[0].tolist() == pytest.approx([value / sum(kept) for value in kept], abs=1e-12)


@pytest.mark.slow
def test_a_hundred_thousand_draws_are_distributed_as_the_softmax_says() -> None:
    choose, count = decoder(Decoding(temperature=0.8), 5), 100_000
    scores = torch.tensor([[math.log(value) for value in SIX]])
    wanted = torch.softmax(scores.double() / 0.8, 1)[0] * count
    drawn = torch.bincount(torch.cat([choose(scores, ()) for _ in range(count)]), minlength=6)
    # The 99.9th percentile of chi-square with five degrees of freedom.
    assert float(((drawn - wanted) ** 2 / wanted).sum()) < 20.52


def test_every_knob_but_the_beam_makes_a_filter() -> None:
    assert set(FILTERS) == set(KNOBS) - {"beam"}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0, 1e3),
            "top_k": st.integers(1, 9),
            "top_p": st.floats(0.01, 1),
            "min_p": st.floats(0.01, 1),
            "repetition_penalty": st.floats(1, 9),
            "no_repeat": st.integers(2, 5),
        },
    ),
    st.lists(st.floats(-50, 50), min_size=1, max_size=6),
    st.lists(st.integers(0, 0), max_size=9),
)
def test_at_least_one_character_is_left(options: dict[str, Any], scores: list[float], history: list[int]) -> None:
    kept = filtered(row(scores), history, filters_of(Decoding(**options)))
    assert bool(kept.isfinite().any())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": -0.1}, "--temperature must be a number from 0 to 1,000, not -0.1."),
        ({"temperature": math.nan}, "--temperature must be a number from 0 to 1,000, not nan."),
        ({"top_k": 0}, "--top-k must be a whole number from 1 to 1,114,112, not 0."),
        ({"top_p": 0.0}, "--top-p must be a number above 0 and up to 1, not 0."),
        ({"min_p": 1.5}, "--min-p must be a number above 0 and up to 1, not 1.5."),
        ({"repetition_penalty": 0.5}, "--repetition-penalty must be a number from 1 to 100, not 0.5."),
        ({"no_repeat": 1}, "--no-repeat must be a whole number from 2 to 64, not 1."),
        ({"beam": 65}, "--beam must be a whole number from 1 to 64, not 65."),
        ({"beam": 2, "top_k": 3}, "Beam search never draws"),
    ],
)
def test_out_of_bounds(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DecodingError) as caught:
        Decoding(**options)
    assert str(caught.value).startswith(sentence)


def test_same_seed_writes_the_same() -> None:
    trainer = start(small(hidden=16))
    epochs(trainer, 1)
    options = Decoding(temperature=1.2, top_k=8, top_p=0.95, repetition_penalty=1.1)
    texts = [trainer.complete("风", 60, decoder(options, seed)).text for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 60
