"""Characters to indices and back."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.engine.vocabulary import Vocabulary

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters | st.sampled_from("分开不 \x00𠮷😀\U0010ffff"), max_size=200)


@given(texts)
def test_decode_undoes_encode(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    indices = vocabulary.encode(text)
    assert indices.dtype == torch.int32
    assert indices.shape == (len(text),)
    assert vocabulary.decode(indices.tolist()) == text


@given(texts)
def test_indices_are_those_of_the_sorted_distinct_characters(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    distinct = sorted(set(text))
    assert list(vocabulary.characters) == distinct
    assert len(vocabulary) == len(distinct)
    assert vocabulary.encode(text).tolist() == [distinct.index(character) for character in text]
    assert vocabulary.index == {character: i for i, character in enumerate(distinct)}


@given(
    st.lists(characters, min_size=1, max_size=50).flatmap(lambda text: st.tuples(st.just(text), st.permutations(text)))
)
def test_order_of_the_text_does_not_matter(texts: tuple[list[str], list[str]]) -> None:
    text, shuffled = texts
    assert Vocabulary.of(text) == Vocabulary.of(shuffled)


def test_order_is_that_of_the_code_points() -> None:
    assert Vocabulary.of("不分开a𠮷 b").characters == (" ", "a", "b", "不", "分", "开", "𠮷")


@given(texts, characters)
def test_unknown_character_cannot_be_encoded(text: str, unknown: str) -> None:
    vocabulary = Vocabulary.of(text.replace(unknown, ""))
    with pytest.raises(KeyError) as caught:
        vocabulary.encode(text.replace(unknown, "") + unknown)
    assert caught.value.args == (unknown,)


def test_find_as_typed_then_in_lower_case() -> None:
    vocabulary = Vocabulary.of("aBc分")
    assert vocabulary.characters == ("B", "a", "c", "分")
    assert [vocabulary.find(typed) for typed in "aABbCc分"] == [1, 1, 0, None, 2, 2, 3]
    assert vocabulary.find("x") is None
    assert vocabulary.find("İ") is None
    assert Vocabulary.of("aA").find("A") == 0


def test_what_is_not_there_is_found_as_the_unknown_character_where_there_is_one() -> None:
    vocabulary = Vocabulary.of("ab?", "?")
    assert (vocabulary.unknown, vocabulary.find("x"), vocabulary.find("A")) == (0, 0, 1)
    assert Vocabulary.of("ab", "?").find("x") is None


def test_no_characters_at_all() -> None:
    assert len(Vocabulary.of("")) == 0
    assert Vocabulary.of("").encode("").tolist() == []
