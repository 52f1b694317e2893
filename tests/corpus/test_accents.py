"""Accents put together in a long text: in any pieces the result is what Unicode's own normalisation makes of it all."""

from __future__ import annotations

import itertools
import sys
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.settings import Recipe
from lyricterm.corpus import blocks, characters
from lyricterm.corpus.accents import join_accents
from lyricterm.corpus.blocks import whole_lines
from lyricterm.corpus.characters import Cleaned, composed

# Letters and marks in any order, also such as Unicode reorders, does not put together, or replaces by another one.
PARTS = (
    "aeo e\u0301\u0302\u0323\u0327\u0344\u031b\u0345\u0331éǖểα\u0391и\u0306Å\u212b"
    "한\u1112\u1161\u11abか\u3099क\u093c🇨我\ufb1d\n"
)
accented = st.text(st.sampled_from(PARTS) | st.characters(codec="utf-8"), max_size=40)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@given(accented)
def test_the_nfc_stays_the_same(text: str) -> None:
    assert nfc(join_accents(text)) == nfc(text)


def test_every_letter_with_accents_is_put_together() -> None:
    letters = (chr(code) for code in range(sys.maxunicode + 1))
    for letter in letters:
        parts = unicodedata.normalize("NFD", letter) if unicodedata.category(letter).startswith("L") else letter
        if parts != letter == nfc(parts) and all(0x300 <= ord(mark) <= 0x36F for mark in parts[1:]):
            joined = join_accents(parts)
            assert nfc(joined) == letter
            # Of three accents the last is left to Unicode's normalisation.
            assert len(joined) == max(1, len(parts) - 2)


def in_blocks(text: str, cuts: list[int]) -> Iterator[str]:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return (text[start:end] for start, end in itertools.pairwise(places))


@given(accented, st.lists(st.integers(0, 40)))
def test_pieces_that_end_anywhere_give_what_the_whole_gives(text: str, cuts: list[int]) -> None:
    # Also between a letter and its accent; a line is only waited for as far as to a character that joins no other.
    text = "a" + text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_LONGEST", 4)
        patch.setattr(characters, "_LONG", 1)
        recipe, told = Recipe(), Cleaned()
        pieces = [composed(piece, recipe, told) for piece in whole_lines(in_blocks(text, cuts))]
        patch.undo()
    assert "".join(pieces) == composed(text, Recipe(), Cleaned())


@pytest.mark.parametrize(
    "sentence", ["L'été naïf où la forêt a rêvé, ça et là", "những người đã được ở đây rất lâu", "ёлка й Ṩ ά 🎵"]
)
def test_a_long_text_of_letters_and_accents(sentence: str) -> None:
    text = unicodedata.normalize("NFD", f"{sentence}\n") * 600
    told = Cleaned()
    assert composed(text, Recipe(), told) == f"{sentence}\n" * 600
    assert told.composed
