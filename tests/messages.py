"""The translator's tool: ``python -m tests.messages`` collects every message of the program, carries the
translations over into the Chinese catalogue, compiles it, and says what is left to translate.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import lyricterm
from lyricterm.core.i18n import DOMAIN, LOCALE_DIR

LANGUAGE = "zh_CN"
PO = LOCALE_DIR / LANGUAGE / "LC_MESSAGES" / f"{DOMAIN}.po"
MO = PO.with_suffix(".mo")

Id = str | tuple[str, str]
"""A message as the source has it; one that counts has two forms."""

_PACKAGE = Path(lyricterm.__file__).parent
_SOURCES = (("*.py", "python"), ("*.html", "jinja2"))
"""Files that hold messages, and how babel reads them."""
_KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "n_": (1, 2)}
_HEADER = [
    ("Project-Id-Version", "lyricterm"),
    ("Language", LANGUAGE),
    ("Plural-Forms", "nplurals=1; plural=0;"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=UTF-8"),
    ("Content-Transfer-Encoding", "8bit"),
]


class _Catalogue(Catalog):
    """A catalogue whose header holds no date, so that the same messages give the same bytes."""

    mime_headers = property(lambda self: _HEADER)


def extract() -> dict[Id, list[str]]:
    """Every message of the program with the files it stands in, in the order of the files."""
    found: dict[Id, list[str]] = {}
    for path, kind in sorted((path, kind) for pattern, kind in _SOURCES for path in _PACKAGE.rglob(pattern)):
        name = path.relative_to(_PACKAGE.parent).as_posix()
        for _line, message, _comments, _context in extract_from_file(kind, path, keywords=_KEYWORDS):
            files = found.setdefault(as_id(message), [])
            if name not in files:
                files.append(name)
    return found


def as_id(message: Any) -> Id:
    """A message as babel has it, as a key."""
    return message if isinstance(message, str) else tuple(message)


def catalogue() -> Catalog:
    """The Chinese catalogue as it is on disk."""
    with PO.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def translated(message: Message) -> bool:
    """Whether every form of a message has a translation."""
    forms = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(forms) and all(forms)


def merge(messages: dict[Id, list[str]], old: Catalog) -> Catalog:
    """The messages with the translations that ``old`` has for them."""
    new = _Catalogue(LANGUAGE, header_comment="", fuzzy=False)
    for message in messages:
        known = old.get(message)
        string = known.string if known is not None else ("",) if isinstance(message, tuple) else ""
        new.add(message, string)
    return new


def compile_catalogue() -> None:
    """Write the catalogue as gettext reads it."""
    with MO.open("wb") as file:
        write_mo(file, catalogue())


def main() -> int:
    """Merge, compile and report; 1 if something is not translated."""
    new = merge(extract(), catalogue() if PO.exists() else Catalog(LANGUAGE))
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, new, width=100, no_location=True, sort_output=True)
    compile_catalogue()
    missing = [message.id for message in new if message.id and not translated(message)]
    print(f"{len(new)} messages, {len(missing)} not translated")
    for message in missing:
        print(f"  {message!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
