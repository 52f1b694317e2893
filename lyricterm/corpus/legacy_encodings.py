"""Which of the encodings from before Unicode a text has: the one in which its characters are the likeliest.

Bytes of one of them nearly always make characters in the others, too, but rare ones. So each reading is given the
likelihood of its characters, by the classes into which the standards themselves sort them: GB 2312, Big5 and JIS X 0208
each have a first level of the frequent ideographs. Chardet's character distributions do the same, with tables.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

_BROKEN = 1e-6
"""Likelihood of a byte that is no character."""
_OTHER = 1e-7
"""Of a character that hardly stands in lyrics in this encoding."""
_RARE = 4e-6
"""Of a character that is seldom met."""
_LATIN_LETTERS = 60
_AFTER_FOREIGN = 0.02
"""How often one foreign letter of Western Europe follows another."""
_MOST = 4096
"""Foreign bytes that are looked at; more say nothing new."""

Likelihood = Callable[[str], float]


def ranked(sample: bytes, handler: str) -> dict[str, float]:
    """The probability of each codec, the likeliest first; they are 1 together.

    Args:
        sample: the bytes, cut at a line's end.
        handler: the error handler that turns a broken byte into a lone surrogate.
    """
    sample = _foreign_part(sample)
    logs = {codec: _log_of(sample.decode(codec, handler), likelihood) for codec, likelihood in _EASTERN.items()}
    logs["cp1252"] = _log_of_latin(sample)
    most = max(logs.values())
    shares = {codec: math.exp(max(-700.0, log - most)) for codec, log in logs.items()}
    whole = sum(shares.values())
    return {codec: shares[codec] / whole for codec in sorted(logs, key=lambda name: -logs[name])}


def plausible(sample: bytes, codec: str, handler: str) -> bool:
    """Whether more than half of the foreign characters are such as lyrics in this encoding are made of."""
    sample = _foreign_part(sample)
    if codec == "cp1252":
        foreign = [i for i, byte in enumerate(sample) if byte > 0x7F]
        return sum(i > 0 and sample[i - 1] > 0x7F for i in foreign) <= len(foreign) / 2
    found = Counter(c for c in sample.decode(codec, handler) if c > "\x7f")
    usual = sum(uses for c, uses in found.items() if _EASTERN[codec](c) > _RARE)
    return 2 * usual > sum(found.values())


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


def _log_of(text: str, likelihood: Likelihood) -> float:
    return sum(uses * math.log(likelihood(c)) for c, uses in Counter(text).items() if c > "\x7f")


def _log_of_latin(sample: bytes) -> float:
    """Each foreign letter, and the plain one behind it, which Eastern readings take for the half of a character."""
    log, after = 0.0, False
    for byte in sample:
        if byte > 0x7F:
            log += math.log((_AFTER_FOREIGN if after else 1) / _LATIN_LETTERS)
        elif after and byte > 0x3F:
            log += math.log(1 / 40)
        after = byte > 0x7F
    return log


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
