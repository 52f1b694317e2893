"""Both samplings against the chapter's definitions, written out with plain lists."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from lyricterm.core.errors import CorpusError
from lyricterm.corpus.length import check_length
from lyricterm.engine.sampling import (
    SAMPLINGS,
    ConsecutiveMinibatches,
    Minibatches,
    RandomMinibatches,
    epoch_seed,
)

from .runs import small, start

if TYPE_CHECKING:
    from collections.abc import Iterator

Lists = tuple[list[list[int]], list[list[int]]]

lengths = st.integers(1, 300)
batches = st.integers(1, 9)
several_steps = st.integers(1, 12)
seeds = st.integers(0, 2**63 - 1)


def chapter_random(text: list[int], batch: int, steps: int, order: list[int]) -> Iterator[Lists]:
    """data_iter_random, the shuffled order being given."""
    num_examples = (len(text) - 1) // steps
    epoch_size = num_examples // batch
    for i in range(epoch_size):
        indices = order[i * batch : i * batch + batch]
        yield (
            [text[j * steps : j * steps + steps] for j in indices],
            [text[j * steps + 1 : j * steps + 1 + steps] for j in indices],
        )


def chapter_consecutive(text: list[int], batch: int, steps: int) -> Iterator[Lists]:
    """data_iter_consecutive."""
    length = len(text) // batch
    strips = [text[row * length : (row + 1) * length] for row in range(batch)]
    for i in range((length - 1) // steps):
        start = i * steps
        yield (
            [strip[start : start + steps] for strip in strips],
            [strip[start + 1 : start + steps + 1] for strip in strips],
        )


def lists(plan: Minibatches) -> list[Lists]:
    return [(plan[i][0].tolist(), plan[i][1].tolist()) for i in range(len(plan))]


def numbers(length: int) -> torch.Tensor:
    """A text whose every character is its own position."""
    return torch.arange(length, dtype=torch.int32)


def test_chapters_example_consecutive() -> None:
    assert lists(ConsecutiveMinibatches(numbers(30), 2, 6)) == [
        (
            [[0, 1, 2, 3, 4, 5], [15, 16, 17, 18, 19, 20]],
            [[1, 2, 3, 4, 5, 6], [16, 17, 18, 19, 20, 21]],
        ),
        (
            [[6, 7, 8, 9, 10, 11], [21, 22, 23, 24, 25, 26]],
            [[7, 8, 9, 10, 11, 12], [22, 23, 24, 25, 26, 27]],
        ),
    ]


def test_chapters_example_random() -> None:
    minibatches = lists(RandomMinibatches(numbers(30), 2, 6, seed=0))
    assert [(len(X), len(X[0])) for X, _ in minibatches] == [(2, 6), (2, 6)]
    rows = [row for X, _ in minibatches for row in X]
    assert sorted(rows) == [list(range(start, start + 6)) for start in (0, 6, 12, 18)]
    labels = [row for _, Y in minibatches for row in Y]
    assert labels == [[position + 1 for position in row] for row in rows]


@given(lengths, batches, several_steps, seeds)
def test_random_is_the_chapters_definition(length: int, batch: int, steps: int, seed: int) -> None:
    plan = RandomMinibatches(numbers(length), batch, steps, seed)
    found = lists(plan)
    order = [row[0] // steps for X, _ in found for row in X]
    assert found == list(chapter_random(list(range(length)), batch, steps, order))
    examples = (length - 1) // steps
    assert len(set(order)) == len(order)
    assert set(order) <= set(range(examples))
    assert examples - len(order) < batch


@given(lengths, batches, several_steps)
def test_consecutive_is_the_chapters_definition(length: int, batch: int, steps: int) -> None:
    found = lists(ConsecutiveMinibatches(numbers(length), batch, steps))
    assert found == list(chapter_consecutive(list(range(length)), batch, steps))


@given(st.lists(st.integers(0, 5), min_size=2, max_size=80), st.integers(1, 4), st.integers(1, 6))
def test_characters_are_those_at_the_positions(text: list[int], batch: int, steps: int) -> None:
    indices = torch.tensor(text, dtype=torch.int32)
    for sampling in SAMPLINGS.values():
        by_position = lists(sampling(numbers(len(text)), batch, steps, 1))
        for (X, Y), (places, next_places) in zip(lists(sampling(indices, batch, steps, 1)), by_position, strict=True):
            assert [[text[place] for place in row] for row in places] == X
            assert [[text[place] for place in row] for row in next_places] == Y


@given(lengths, batches, several_steps)
def test_consecutive_minibatches_adjoin_and_skip_nothing(length: int, batch: int, steps: int) -> None:
    found = lists(ConsecutiveMinibatches(numbers(length), batch, steps))
    for (X, _), (after, _) in pairwise(found):
        assert [row[-1] + 1 for row in X] == [row[0] for row in after]
    seen = [position for X, _ in found for row in X for position in row]
    assert len(seen) == len(set(seen)) == len(found) * batch * steps
    # What is left at the end of a strip is too short for one more minibatch and its labels.
    assert length // batch - len(found) * steps < steps + 1


@given(lengths, batches, several_steps, st.sampled_from(sorted(SAMPLINGS)))
def test_length_is_checked_exactly(length: int, batch: int, steps: int, name: str) -> None:
    if len(SAMPLINGS[name](numbers(length), batch, steps, 0)) >= 1:
        check_length(length, name, batch, steps)
        return
    with pytest.raises(CorpusError) as caught:
        check_length(length, name, batch, steps)
    needed = next(n for n in range(length, 400) if len(SAMPLINGS[name](numbers(n), batch, steps, 0)) >= 1)
    sentence = str(caught.value)
    assert f" {length} characters" in sentence
    assert f"needs {needed};" in sentence
    assert "--batch" in sentence
    assert "--steps" in sentence


@given(st.integers(40, 300), seeds)
def test_same_seed_same_order(length: int, seed: int) -> None:
    first, second = (lists(RandomMinibatches(numbers(length), 2, 3, seed)) for _ in range(2))
    assert first == second


@given(seeds, st.integers(0, 10_000), st.integers(0, 10_000))
def test_epochs_have_their_own_seeds(seed: int, epoch: int, other: int) -> None:
    assume(epoch != other)
    assert epoch_seed(seed, epoch) != epoch_seed(seed, other)
    assert 0 <= epoch_seed(seed, epoch) < 2**63


def test_a_run_shuffles_each_epoch_anew_and_again_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def orders() -> list[list[list[int]]]:
        trainer = start(small(batch=2, steps=5), "".join(chr(0x4E00 + i) for i in range(200)))
        seen: list[list[list[int]]] = []
        forward = trainer.engine.forward

        def note(X: torch.Tensor, *others: Any) -> torch.Tensor:
            seen.append(X.tolist())
            return forward(X, *others)

        monkeypatch.setattr(trainer.engine, "forward", note)
        for _ in range(3 * trainer.minibatches):
            trainer.step()
        return seen

    seen = orders()
    per_epoch = len(seen) // 3
    epochs = [seen[i * per_epoch : (i + 1) * per_epoch] for i in range(3)]
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert seen == orders()


@pytest.mark.parametrize("name", sorted(SAMPLINGS))
@pytest.mark.parametrize("i", [-1, 2])
def test_no_minibatch_outside_the_epoch(name: str, i: int) -> None:
    with pytest.raises(IndexError):
        SAMPLINGS[name](numbers(30), 2, 6, 0)[i]


def test_only_consecutive_sampling_carries_the_state() -> None:
    assert {name: sampling.carries_state for name, sampling in SAMPLINGS.items()} == {
        "random": False,
        "consecutive": True,
    }
