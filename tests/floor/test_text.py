"""Foreign text cannot steer the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.text import one_line, safe

ANY_TEXT = st.text(st.characters(exclude_categories=()))
SHOWN = "\N{REPLACEMENT CHARACTER}"

# Unicode TR 9: what turns the direction of the text around it.
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(ANY_TEXT)
def test_the_length_stays(text: str) -> None:
    assert len(safe(text)) == len(one_line(text)) == len(text)


@given(ANY_TEXT)
def test_nothing_that_steers_is_left(text: str) -> None:
    for shown in (safe(text), one_line(text)):
        left = {unicodedata.category(character) for character in shown}
        assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(ANY_TEXT)
def test_only_what_steers_is_replaced(text: str) -> None:
    for before, after in zip(text, safe(text), strict=True):
        assert after == before or (after == SHOWN and not before.isprintable())


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x7f", "\x9b", "\u200b", "\ufeff", *BIDIRECTIONAL])
def test_known_offenders(character: str) -> None:
    assert safe(f"分{character}开") == f"分{SHOWN}开"
    assert one_line(f"分{character}开") == f"分{SHOWN}开"


def test_one_line_puts_spaces_for_line_ends_and_tabs() -> None:
    assert one_line("a\nb\r\nc\td") == "a b  c d"
    assert one_line("a\x0bb\x0cc\x85d\u2028e\u2029f") == f"a{SHOWN}b{SHOWN}c{SHOWN}d{SHOWN}e{SHOWN}f"


@pytest.mark.parametrize("text", ["", "想要有你在我身边", "don't — “stop”", "　全角", "é e\u0301 한 🎵"])
def test_lyrics_stay_as_they_are(text: str) -> None:
    assert safe(text) == one_line(text) == text
