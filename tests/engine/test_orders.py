"""The order of examples by arithmetic: a permutation, its inverse, and no pattern."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.engine import orders
from lyricterm.engine.orders import COMPUTED_IF_MANY, LISTED, Computed, Listed, Order, order_of
from lyricterm.engine.sampling import RandomMinibatches

CPU = torch.device("cpu")
counts, seeds = st.integers(1, 3_000), st.integers(0, 2**63 - 1)


@given(counts, seeds, st.sampled_from([Listed, Computed]))
def test_every_example_has_one_place(count: int, seed: int, kind: type[Listed] | type[Computed]) -> None:
    order: Order = kind(count, seed, CPU)
    drawn = order.examples(0, count)
    assert sorted(drawn.tolist()) == list(range(count))
    assert order.places(torch.arange(count))[drawn].tolist() == list(range(count))
    middle = order.examples(count // 3, count // 2)
    assert middle.tolist() == drawn[count // 3 : count // 2].tolist()


def test_there_is_no_pattern() -> None:
    """The same statistics as of independent draws, within five standard deviations."""
    count, drawn = 1 << 18, Computed(1 << 18, 7, CPU).examples(0, 1 << 18).double()
    # Neighbours are uncorrelated, ...
    pairs = torch.corrcoef(torch.stack([drawn[:-1], drawn[1:]]))[0, 1]
    assert abs(float(pairs)) < 5 / math.sqrt(count)
    # ... a place says nothing of its example, ...
    places = torch.corrcoef(torch.stack([torch.arange(count).double(), drawn]))[0, 1]
    assert abs(float(places)) < 5 / math.sqrt(count)
    # ... every block of places has examples from everywhere: chi-square over 64 × 64 cells ...
    cells = (torch.arange(count) * 64 // count) * 64 + (drawn.long() * 64 // count)
    expected = count / 64**2
    chi_square = float(((torch.bincount(cells, minlength=64**2).double() - expected) ** 2 / expected).sum())
    free = 63 * 63
    assert abs(chi_square - free) < 5 * math.sqrt(2 * free)
    # ... and another seed is another order.
    other = Computed(count, 8, CPU).examples(0, count).double()
    assert abs(float(torch.corrcoef(torch.stack([other, drawn]))[0, 1])) < 5 / math.sqrt(count)


def test_a_list_is_pytorchs_own_permutation() -> None:
    expected = torch.randperm(1_000, generator=torch.Generator().manual_seed(5))
    for shuffle in (LISTED, COMPUTED_IF_MANY):
        assert torch.equal(order_of(1_000, 5, CPU, shuffle).examples(0, 1_000), expected)


def test_very_many_examples_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    many = orders.MOST_LISTED + 1
    order = order_of(many, 0, CPU, COMPUTED_IF_MANY)
    assert isinstance(order, Computed)
    drawn = order.examples(many - 5, many)
    assert order.places(drawn).tolist() == list(range(many - 5, many))
    assert isinstance(order_of(orders.MOST_LISTED, 0, CPU, COMPUTED_IF_MANY), Listed)
    monkeypatch.setattr(orders, "MOST_LISTED", 10)
    assert isinstance(order_of(11, 0, CPU, LISTED), Listed)


@given(st.integers(1, 300), st.integers(1, 9), st.integers(1, 12), seeds)
def test_owners_are_those_of_the_minibatches(length: int, batch: int, steps: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders, "MOST_LISTED", 0)
        plan = RandomMinibatches(torch.arange(length, dtype=torch.int32), batch, steps, seed)
    expected = [-1] * length
    for number in range(len(plan)):
        for character in plan[number][0].flatten().tolist():
            expected[character] = number
    assert plan.owners(0, length).tolist() == expected
