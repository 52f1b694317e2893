"""Foreign text made safe to show: nothing in lyrics, names or vocabularies may steer the terminal or fool a person.

A character is shown as U+FFFD, one cell wide, if it

* steers the terminal or the direction of the text: control characters (C0, DEL, C1), line and paragraph
  separators, bidirectional marks, embeddings, overrides and isolates;
* cannot be seen: zero-width characters, soft hyphen, tags, variation selectors, Hangul fillers, blank Braille;
* has no known look or width: lone surrogates, private use, what this Python's Unicode does not know;
* is a joint of an emoji sequence (zero-width joiner, skin tone, regional indicator), over whose width terminals
  disagree; in lyrics ``lyric_line`` draws the sequence as one picture;
* is a mark with nothing to stand on (at the beginning, or after a blank or a U+FFFD), or one more than eight on
  the same letter.

All else stays: letters of every script with their marks, blanks of every width, emoji. So the cells of what is
shown are the sum of the cells of its characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from lyricterm.core.graphemes import JOINED, emoji_sequences, is_flag

LINE_END = "↵"
"""A newline within a line of lyrics."""
_SHOWN_AS = "\N{REPLACEMENT CHARACTER}"
_BLANK, _HIDDEN, _MARK, _LETTER = "blank", "hidden", "mark", "letter"

_STEERING = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks, embeddings, overrides and isolates of direction."""
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_HIDDEN_RANGES = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2800, 0x2800),  # blank Braille
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
    (0x16FE4, 0x16FE4),  # Khitan filler
    (0x1D159, 0x1D159),  # null notehead
    (0x1F1E6, 0x1F1FF),  # regional indicators
    (0x1F3FB, 0x1F3FF),  # skin tones
    (0xE0000, 0xE0FFF),  # tags, more variation selectors
)
_STACKED_JAMO = ((0x1160, 0x11FF), (0xD7B0, 0xD7FF))
"""Vowels and finals of decomposed Hangul: drawn within the syllable's first letter, like marks."""
_MOST_MARKS = 8


def safe(text: str) -> str:
    """The text as it may be shown; it has as many characters, and making it safe again changes nothing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(text))


def one_line(text: str) -> str:
    """Newline, carriage return and tab become a space, the rest as ``safe``."""
    return safe(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))


def lyric_line(lyric: str) -> str:
    """A lyric on one line: a newline is ``LINE_END``, an emoji of several code points one picture, a flag its letters.

    The rest is as ``one_line``. It has as many characters as the lyric.
    """
    spans = list(emoji_sequences(lyric))
    base = lyric.replace("\n", LINE_END)
    for start, end in spans:
        base = base[:start] + lyric[start] * (end - start) + base[end:]
    shown = one_line(base)
    for start, end in spans:
        shown = shown[:start] + _drawn(lyric[start:end]) + shown[end:]
    return shown


def _drawn(sequence: str) -> str:
    """The first picture and nothing, in no cell, for each joint: over whole sequences' width terminals disagree."""
    if is_flag(sequence):
        return "".join(chr(ord(letter) - ord("\U0001f1e6") + ord("A")) for letter in sequence)
    return sequence[0] + JOINED * (len(sequence) - 1)


def blanks_shown(lyric: str) -> str:
    """A lyric as it is shown; one of nothing but blanks so that they can be seen."""
    if lyric.isspace():
        return "".join(LINE_END if character == "\n" else "␣" for character in lyric)
    return lyric_line(lyric)


def shown_lyric(prefix: str, text: str) -> tuple[str, str]:
    """A prefix and its lyric as they are shown.

    They are made safe together: the text may begin with a mark on the prefix's last letter.
    """
    whole = lyric_line(prefix + text)
    return whole[: len(prefix)], blanks_shown(text) if text.isspace() else whole[len(prefix) :]


def outgoing(text: str) -> str:
    """One line of data for another program: joiners, variation selectors and skin tones stay.

    Newline, carriage return and tab become a space; what steers a terminal or the direction of the text becomes
    U+FFFD, as does half a character.
    """
    return harmless(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))


def harmless(text: str) -> str:
    """Data for another program that may have several lines; newlines and tabs stay, the rest is as ``outgoing``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_SHOWN_AS if _steers(character) and character not in "\n\t" else character for character in text)


def brief(text: str, most: int = 200) -> str:
    """A name or a path on one line; of a longer one the beginning and the end, ``most`` characters in all."""
    if len(text) > most:
        head = most // 3
        text = f"{text[:head]}…{text[head + 1 - most :]}"
    return one_line(text)


def quoted(value: object, most: int = 60) -> str:
    """A value in quotes, as a person typed it: no character of a text is doubled or escaped."""
    if not isinstance(value, str):
        return brief(repr(value), most)
    mark = '"' if "'" in value and '"' not in value else "'"
    return f"{mark}{brief(value, most)}{mark}"


def visible(character: str) -> str:
    """A single character, named so that it can be seen: ␣ for a space, U+3000 for what has no look, ◌ under a mark.

    One of several code points is shown as ``lyric_line`` does.
    """
    if len(character) > 1:
        return lyric_line(character)
    kind = _kind(character)
    if character == "\n":
        return LINE_END
    if character in " \r\t":
        return "␣"
    if kind in (_BLANK, _HIDDEN):
        return f"U+{ord(character):04X}"
    return f"◌{character}" if kind == _MARK else character


def _shown(text: str) -> Iterator[str]:
    room = 0
    for character in text:
        kind = _kind(character)
        if kind == _MARK:
            kind = _MARK if room else _HIDDEN
            room -= 1
        if kind != _MARK:
            room = _MOST_MARKS if kind == _LETTER else 0
        yield _SHOWN_AS if kind == _HIDDEN else character


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING or character in _TURNING


@lru_cache(maxsize=1 << 13)
def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return _BLANK
    if category in _HIDDEN_CATEGORIES or character == _SHOWN_AS or _within(character, _HIDDEN_RANGES):
        return _HIDDEN
    return _MARK if category[0] == "M" or _within(character, _STACKED_JAMO) else _LETTER


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
