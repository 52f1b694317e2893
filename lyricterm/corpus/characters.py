"""What counts as a character: the same for the text that is learnt from and for what is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus import index
from lyricterm.corpus.accents import join_accents
from lyricterm.corpus.unseen import drop_unseen, unseen_in

_OPENCC = {"simplified": "t2s", "traditional": "s2t"}
"""Conversions of the package opencc."""
_LONG = 1 << 14
"""Characters from which on it is quicker to find the distinct ones first."""
_STAYS = re.compile(
    "[\0-\u02ff\u2010-\u2027\u3001-\u3020\u3041-\u3096\u30a1-\u30fe\u3400-\u9fff\uac00-\ud7a3\uff01-\uff9f]*"
)
"""Characters that NFC neither changes nor puts together with one before them."""


@dataclass
class Cleaned:
    """What was changed on the way."""

    composed: bool = False
    """Some characters were written in pieces and were put together (Unicode NFC)."""
    unseen: int = 0
    """Characters that cannot be seen, dropped."""


def clean(text: str, settings: TextSettings, told: Cleaned) -> str:
    """A piece of a text as the settings want its characters; the line ends stay.

    Raises:
        CorpusError: if the script is to be converted and opencc is not installed.
    """
    return converted(composed(text, settings, told), settings)


def composed(text: str, settings: TextSettings, told: Cleaned) -> str:
    """The same characters, each in one piece, without those that cannot be seen, if the settings want that."""
    if settings.unicode == "nfc":
        among = text if text.isascii() or len(text) < _LONG else index.distinct(text)
        text, unseen = drop_unseen(text, among)
        told.unseen += unseen
        if not among.isascii() and not stays_composed(among):
            whole = unicodedata.normalize("NFC", join_accents(text) if len(text) >= _LONG else text)
            told.composed |= whole != text
            text = whole
    return text


def converted(text: str, settings: TextSettings) -> str:
    """In the script and the case that the settings want.

    Raises:
        CorpusError: if the script is to be converted and opencc is not installed.
    """
    if settings.script != "keep":
        text = _converter(settings.script)(text)
    return text.lower() if settings.case == "lower" else text


def stays_composed(characters: str) -> bool:
    """Whether a text of these needs no look at whether Unicode's NFC changes it; False says nothing."""
    return _STAYS.fullmatch(characters) is not None


def end_lines(text: str, newlines: str) -> str:
    """The line ends as the settings want them: each newline and carriage return a space, or a newline a line."""
    if newlines == "space":
        return text.replace("\n", " ").replace("\r", " ")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class Typed:
    """What a person has typed, treated as the text was."""

    text: str
    dropped: tuple[str, ...] = ()
    """Characters that cannot be seen and were left out, each once."""


def prepare(text: str, settings: TextSettings) -> Typed:
    """Treat what a person types as the text was."""
    prepared = end_lines(clean(text, settings, Cleaned()), settings.newlines)
    return Typed(prepared, unseen_in(text) if settings.unicode == "nfc" else ())


@lru_cache(maxsize=2)
def _converter(script: str) -> Callable[[str], str]:
    try:
        import opencc  # only for those who convert
    except ImportError as error:
        sentence = _("--script needs the package opencc; install it with: pip install 'lyricterm[zh]'.")
        raise CorpusError(sentence) from error
    convert: Callable[[str], str] = opencc.OpenCC(_OPENCC[script]).convert
    return convert
