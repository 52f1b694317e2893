"""Which language a person reads: English is the source text, gettext catalogues hold the others.

``_`` translates when it is called, so a text that is drawn again after ``use()`` comes in the
new language. ``N_`` only marks a text that is declared in one place and translated in another.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parents[1] / "locale"
DOMAIN = "lyricterm"
LANGUAGES: dict[str, str] = {"en": "English", "zh": "中文"}
"""Language code to its name in its own language."""

_CATALOGUES = {"zh": "zh_CN"}


@cache
def _catalogue(folder: str | None) -> gettext.NullTranslations:
    """The messages of a language; English has none of its own. Read once."""
    return gettext.translation(DOMAIN, LOCALE_DIR, [folder], fallback=True) if folder else gettext.NullTranslations()


class Translator:
    """Holds the catalogue in use; a process speaks one language at a time."""

    def __init__(self) -> None:
        self.language = "en"
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()

    def use(self, language: str) -> None:
        """Speak ``language`` from now on.

        Raises:
            KeyError: if the language is not one of ``LANGUAGES``.
        """
        LANGUAGES[language]
        folder = _CATALOGUES.get(language)
        self._catalogue = _catalogue(folder)
        self.language = language
        self._use_for_standard_library(folder or "en")

    def _use_for_standard_library(self, folder: str) -> None:
        # argparse asks the process-wide gettext domain for its own few sentences.
        os.environ["LANGUAGE"] = folder
        gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
        gettext.textdomain(DOMAIN)

    def translate(self, message: str) -> str:
        """The message in the language in use, or as it stands."""
        return self._catalogue.gettext(message) if message else ""

    def plural(self, one: str, many: str, count: int) -> str:
        """The form of a counted message that fits ``count``."""
        return self._catalogue.ngettext(one, many, count)


translator = Translator()
_ = translator.translate
n_ = translator.plural


def listed(words: Iterable[str]) -> str:
    """Words one after the other, with the comma of the language in use."""
    return _("{words}, {more}").format(words="", more="").join(words)


def in_every_language(message: str) -> tuple[str, ...]:
    """A message as each language has it, the one in use first, each form once; none of an empty one."""
    if not message:
        return ()
    others = (_catalogue(_CATALOGUES.get(code)).gettext(message) for code in LANGUAGES)
    return tuple(dict.fromkeys((_(message), *others)))


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it here."""
    return message


def language_of(environment: Mapping[str, str]) -> str:
    """The language a POSIX environment asks for: LANGUAGE, LC_ALL, LC_MESSAGES, LANG, in that order."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        for choice in value.split(":"):
            code = choice.replace("-", "_").split(".")[0].split("_")[0].lower()
            if code in LANGUAGES:
                return code
        if value:
            return "en"
    return "en"
