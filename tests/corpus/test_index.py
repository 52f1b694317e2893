"""A text as numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.corpus import index

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters | st.sampled_from("分开不 \x00𠮷😀\U0010ffff"), max_size=200)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_CHUNK", 7)


@given(texts)
def test_indices_are_those_of_the_sorted_distinct_characters(text: str) -> None:
    distinct = "".join(sorted(set(text)))
    assert index.distinct(text) == distinct
    indices = index.encode(text, distinct)
    assert indices.dtype == np.int32
    assert indices.tolist() == [distinct.index(character) for character in text]


@given(texts, characters)
def test_a_character_that_is_not_there(text: str, absent: str) -> None:
    found = index.encode(text + absent, index.distinct(text.replace(absent, "")))
    assert found[-1] == -1
    assert (found == -1).sum() == text.count(absent) + 1


@given(texts)
def test_counts(text: str) -> None:
    counted = index.count(text)
    assert counted == Counter(text)
    assert list(counted) == sorted(counted)


@given(texts, st.integers(1, 4))
def test_rare_characters_become_one(text: str, min_count: int) -> None:
    counted = Counter(text)
    expected = "".join(c if counted[c] >= min_count else "\ufffd" for c in text)
    assert index.merge_rare(text, min_count) == expected
