"""Which of the encodings from before Unicode a text has: the one in which its characters are the likeliest.

Bytes of one of them nearly always make characters in the others, too, but rare ones. So each reading is given the
likelihood of its characters, by the classes into which the standards themselves sort them: GB 2312, Big5 and JIS X 0208
each have a first level of the frequent ideographs. Chardet's character distributions do the same, with tables.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lyricterm.corpus.single_byte import SINGLE_BYTE, Reading, best_reading

_BROKEN = 1e-6
"""Likelihood of a byte that is no character."""
_OTHER = 1e-7
"""Of a character that hardly stands in lyrics in this encoding."""
_RARE = 4e-6
"""Of a character that is seldom met."""
_MOST = 4096
"""Foreign bytes that are looked at; more say nothing new."""

Likelihood = Callable[[str], float]


@dataclass(frozen=True)
class Guess:
    """The likeliest encoding."""

    codec: str
    probability: float
    """That the text is what this codec makes of it, from 0 to 1."""
    usual: float
    """Which part of its foreign characters are such as lyrics in it are made of, from 0 to 1."""


def likeliest(sample: bytes, handler: str, among: Iterable[str] = ()) -> Guess:
    """The codec that makes the likeliest characters.

    Args:
        sample: the bytes, cut at a line's end.
        handler: the error handler that turns a broken byte into a lone surrogate.
        among: the codecs that come into question; without them all.
    """
    sample = _foreign_part(sample)
    texts = {codec: sample.decode(codec, handler) for codec in among or (*_EASTERN, *SINGLE_BYTE)}
    readings = {codec: _read_as(codec, text) for codec, text in texts.items()}
    best = max(readings, key=lambda codec: readings[codec].log)
    most = readings[best].log
    shares = {codec: math.exp(max(-700.0, reading.log - most)) for codec, reading in readings.items()}
    # Where two make the same of it, there is nothing to choose.
    same = sum(share for codec, share in shares.items() if texts[codec] == texts[best])
    return Guess(best, same / sum(shares.values()), readings[best].usual)


def _read_as(codec: str, text: str) -> Reading:
    if codec in SINGLE_BYTE:
        return best_reading(text, codec)
    likelihood = _EASTERN[codec]
    found = Counter(c for c in text if c > "\x7f")
    log = sum(uses * math.log(likelihood(c)) for c, uses in found.items())
    usual = sum(uses for c, uses in found.items() if likelihood(c) > _RARE)
    return Reading(log, usual / max(1, found.total()))


def _foreign_part(sample: bytes) -> bytes:
    """Whole lines with foreign bytes, as many as are looked at."""
    lines, foreign = [], 0
    for line in sample.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            foreign += sum(byte > 0x7F for byte in line)
        if foreign > _MOST:
            break
    return b"".join(lines)


def _lead(character: str, codec: str) -> int:
    """The first of two bytes; 0 if it is not so encoded."""
    try:
        encoded = character.encode(codec)
    except UnicodeEncodeError:
        return 0
    return encoded[0] if len(encoded) == 2 else 0


def _is_mark(character: str) -> bool:
    """Punctuation that all of them have."""
    return "\u2010" <= character <= "\u2027" or "\u3000" <= character <= "\u3011" or "\uff01" <= character <= "\uff5e"


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30fe"


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _shared(chosen: Likelihood) -> Likelihood:
    @lru_cache(maxsize=1 << 13)
    def likelihood(character: str) -> float:
        if "\udc00" <= character <= "\udcff":
            return _BROKEN
        return 0.05 / 100 if _is_mark(character) else chosen(character)

    return likelihood


def _simplified(character: str) -> float:
    if 0xB0 <= _lead(character, "gb2312") <= 0xD7:
        return 0.9 / 3755
    if 0xA4 <= _lead(character, "big5") <= 0xC6 and not _is_kana(character):
        return 0.03 / 5401
    return 0.01 / 3008 if _lead(character, "gb2312") >= 0xD8 else _OTHER


def _traditional(character: str) -> float:
    lead = _lead(character, "big5")
    if 0xA4 <= lead <= 0xC6:
        return 0.93 / 5401
    return 0.01 / 7652 if lead >= 0xC9 and not _is_kana(character) else _OTHER


def _japanese(character: str) -> float:
    if _is_kana(character):
        return 0.6 / 170
    lead = _lead(character, "euc_jp")
    if 0xB0 <= lead <= 0xCF:
        return 0.33 / 2965
    return 0.01 / 3390 if lead >= 0xD0 else _OTHER


def _korean(character: str) -> float:
    if _is_hangul(character):
        return 0.94 / 2350 if _lead(character, "euc_kr") else 0.003 / 8822
    return 0.005 / 4888 if _lead(character, "euc_kr") >= 0xCA else _OTHER


_EASTERN: Mapping[str, Likelihood] = {
    "gb18030": _shared(_simplified),
    "big5hkscs": _shared(_traditional),
    "cp932": _shared(_japanese),
    "euc_jp": _shared(_japanese),
    "cp949": _shared(_korean),
}
"""Codec to the likelihood of a character in a text that has this encoding."""
