"""Which of the encodings with one byte a character a text has: by the letters of the languages written in it.

Any bytes are letters in all of them, so each reading is given the likelihood of its foreign letters in the language
that fits it best. What a letter stands beside counts, too: a Greek one hardly stands beside a Latin one, and a capital
hardly follows a small one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_MARKS = "\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u2013\u2014«»\xa0"
"""Punctuation of all languages."""
_OF_MARK = 0.01
"""Likelihood of one of them."""
_RARE = 1e-5
"""Of a letter that the language lacks."""
_BROKEN = 1e-6
"""Of a byte that is no character."""
_STEEP = 3
"""The n-th letter is as likely as 1 / (n + this)."""
_FOREIGN_AFTER_FOREIGN = 0.05
_SCRIPTS_MIXED = 0.01
_CAPITAL_AFTER_SMALL = 0.01
_ALL_CAPITALS = 0.01
_SURPRISE = 1.0
"""How much less likely, in nats a letter, a text may be than its language is on average, before it is doubted."""
_NEXT_LETTER = 1 / 40
"""A plain letter behind a foreign one, which a reading with two bytes a character takes for the half of a character."""

_WESTERN = (
    "éèàêçùâîôûïëœ",
    "üäößé",
    "áíóéñú¿¡ü",
    "ãáéçíóêõúâôà",
    "àèùòìé",
    "åäöéøæ",
    "áðíóéöúþæý",
    "äöõüšž",
    "éëïöüàèçáíóú",
    "éàâêèçáíóúüöäßñãõôîûùìòåøæœëï¿¡",
)
"""French, German, Spanish, Portuguese, Italian, Nordic, Icelandic, Estonian, Dutch and Albanian, several together."""
_CENTRAL = ("íáéěýščřžůúťňďó", "áíéčšýžťúľôňďóä", "łęąóżśćńź", "áéóöőíüúű", "ăîâşţ", "čšžćđ")
"""Czech, Slovak, Polish, Hungarian, Romanian, Croatian."""
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_CYRILLIC = (
    _RUSSIAN,
    "оанивітерслкмдупзяьбгйчшхєжцїющґф",
    "аоеитнсврлпдкмзуябъгчйцщшжхфюь",
    "аоиенјтрскувдмплзбгчшћцжфхђљњ",
)
"""Russian, Ukrainian, Bulgarian, Serbian."""
_GREEK = "αοτιενσηρπυκμςλίόέάγωήδύώθχφβξζψ"
_THAI = "านรอกเงมยลวด่ท้สตะปบคหัีแิขใจพไชโืุู์ถผ็ซึธณศฟำญษฉภฝๆฐฮ"
_HEBREW = "יוהלאתמרבשנםדחקכעטפגצזסןךףץ"
_ARABIC = "المينروتبهسدعكفقحجةشأصطخذىضغزثءظئإآؤ"
_VIETNAMESE = "\u0300\u0301ưđâ\u0323ơôê\u0309ă\u0303áàóúéíèùò"
"""Most tones follow their letter as a character of their own."""


@dataclass(frozen=True)
class SingleByte:
    """An encoding, and the languages in which it is met."""

    languages: tuple[str, ...]
    """The foreign letters of each, the most frequent first."""
    known: float = 0.1
    """How often it is met, beside the most frequent."""
    latin: bool = True


@dataclass(frozen=True)
class Reading:
    """How well a language explains a text."""

    log: float
    """Of the likelihood."""
    usual: float
    """Which part of its foreign characters is as usual in the language, from 0 to 1."""


SINGLE_BYTE: Mapping[str, SingleByte] = {
    "cp1252": SingleByte(_WESTERN, 1.0),
    "cp1250": SingleByte(_CENTRAL),
    "iso8859_2": SingleByte(_CENTRAL, 0.05),
    "cp1254": SingleByte(("ışüğçöİ",)),
    "cp1257": SingleByte(("ėšųįąžčūę", "āīēšūņļčķģž"), 0.05),
    "cp1251": SingleByte(_CYRILLIC, latin=False),
    "koi8_r": SingleByte((_RUSSIAN,), latin=False),
    "koi8_u": SingleByte(_CYRILLIC[1:2], 0.05, latin=False),
    "cp866": SingleByte((_RUSSIAN,), 0.05, latin=False),
    "mac_cyrillic": SingleByte((_RUSSIAN,), 0.01, latin=False),
    "iso8859_5": SingleByte(_CYRILLIC, 0.01, latin=False),
    "cp1253": SingleByte((_GREEK,), latin=False),
    "cp874": SingleByte((_THAI,), latin=False),
    "cp1255": SingleByte((_HEBREW,), latin=False),
    "cp1256": SingleByte((_ARABIC,), latin=False),
    "iso8859_6": SingleByte((_ARABIC,), 0.05, latin=False),
    "iso8859_3": SingleByte(("żħġċ", "ĉŝĝŭĵĥ"), 0.01),
    "iso8859_14": SingleByte(("ŵâŷôêûî",), 0.01),
    "cp1258": SingleByte((_VIETNAMESE,), 0.05),
    "mac_roman": SingleByte(_WESTERN, 0.01),
    "cp850": SingleByte(_WESTERN, 0.01),
    "cp852": SingleByte(_CENTRAL, 0.01),
}
"""Codec to where it is met."""


def best_reading(text: str, codec: str) -> Reading:
    """A text that was decoded so, in the language that fits it best."""
    encoding, seen = SINGLE_BYTE[codec], _Seen(text)
    readings = [_in_language(letters, seen) for letters in encoding.languages]
    best = max(readings, key=lambda reading: reading.log)
    beside = seen.beside(latin=encoding.latin)
    return Reading(best.log + beside + math.log(encoding.known), best.usual)


class _Seen:
    """The foreign characters of a text, and what stands beside them."""

    def __init__(self, text: str) -> None:
        self.foreign = Counter(character.lower() for character in text if character > "\x7f")
        self._is_in_capitals = 2 * sum(map(str.isupper, text)) > sum(map(str.isalpha, text))
        self._pairs = Counter((a, b) for a, b in pairwise(text) if a > "\x7f" or b > "\x7f")

    def beside(self, *, latin: bool) -> float:
        """The logarithm of the likelihood of what the letters stand beside, and of the size of all of them."""
        log = self._count(_is_odd_capital) * math.log(_CAPITAL_AFTER_SMALL)
        log += math.log(_ALL_CAPITALS) if self._is_in_capitals else 0.0
        if not latin:
            return log + self._count(_is_mixed) * math.log(_SCRIPTS_MIXED)
        log += self._count(_is_foreign) * math.log(_FOREIGN_AFTER_FOREIGN)
        return log + self._count(_is_followed) * math.log(_NEXT_LETTER)

    def _count(self, is_such: Callable[[str, str], bool]) -> int:
        return sum(uses for pair, uses in self._pairs.items() if is_such(*pair))


def _is_odd_capital(before: str, character: str) -> bool:
    return before.islower() and character.isupper()


def _is_letter(character: str) -> bool:
    return character > "\x7f" and character not in _MARKS


def _is_mixed(before: str, character: str) -> bool:
    one, other = _is_letter(before), _is_letter(character)
    return one != other and (before if other else character).isalpha()


def _is_foreign(before: str, character: str) -> bool:
    return _is_letter(before) and _is_letter(character)


def _is_followed(before: str, character: str) -> bool:
    return before > "\x7f" and "@" <= character <= "~"


def _in_language(letters: str, seen: _Seen) -> Reading:
    likelihood = _likelihoods(letters)
    log = of_usual = 0.0
    usual = 0
    for character, uses in seen.foreign.items():
        if character in likelihood:
            usual, of_usual = usual + uses, of_usual + uses * math.log(likelihood[character])
        else:
            log += uses * math.log(_BROKEN if "\udc00" <= character <= "\udcff" else _RARE)
    expected = sum(share * math.log(share) for share in likelihood.values())
    surprise = expected - of_usual / max(1, usual) - _SURPRISE
    share = usual / max(1, seen.foreign.total())
    return Reading(log + of_usual, share * math.exp(-max(0.0, surprise)))


@lru_cache(maxsize=64)
def _likelihoods(letters: str) -> Mapping[str, float]:
    weights = {letter: 1 / (place + _STEEP) for place, letter in enumerate(letters.lower())}
    whole = sum(weights.values())
    return dict.fromkeys(_MARKS, _OF_MARK) | {letter: weight / whole for letter, weight in weights.items()}
