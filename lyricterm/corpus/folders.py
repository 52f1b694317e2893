"""Looking for lyrics: what is in a folder or is named by a pattern, in natural order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.corpus.formats import READABLE
from lyricterm.corpus.unpack import PACKINGS

MAX_FILES = 100_000
"""Of one folder or pattern."""
_DIGITS = re.compile(r"(\d+)")

Looked = Callable[[], None]
"""Is called for each folder that is looked through; may raise to stop the search."""
Closed = Callable[[OSError], None]
"""Is told of a folder within that cannot be listed; it is left out."""


def natural(name: str) -> list[tuple[int, int | str]]:
    """What names are sorted by: track 2 comes before track 10."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part)) if i % 2 and len(part) < 19 else (1, part) for i, part in enumerate(parts)]


def matching(pattern: Path, shown: str, looked: Looked, closed: Closed) -> list[Path]:
    """The files that a pattern names, in natural order.

    Raises:
        CorpusError: if there are too many.
    """
    paths = []
    for path in dict.fromkeys(_named(pattern, looked, closed)):
        looked()
        if path.is_file():
            paths.append(path)
        if len(paths) > MAX_FILES:
            raise CorpusError(_too_many(shown))
    return sorted(paths, key=lambda path: natural(str(path)))


def _named(pattern: Path, looked: Looked, closed: Closed) -> Iterator[Path]:
    """What a pattern names; ``**`` does not follow links, which may lead round in circles, nor into hidden folders."""
    parts = pattern.parts
    if "**" not in parts:
        yield from map(Path, glob.iglob(str(pattern)))  # noqa: PTH207 - the pattern may be absolute
        return
    at = parts.index("**")
    start, rest = Path(*parts[:at]), parts[at + 1 :] or ("*",)
    for top in map(Path, glob.iglob(str(start))) if glob.has_magic(str(start)) else [start]:  # noqa: PTH207
        for place, folders, _names in os.walk(top, onerror=closed):
            looked()
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from _named(Path(glob.escape(place), *rest), looked, closed)


def in_folder(folder: Path, shown: str, looked: Looked, closed: Closed) -> list[Path]:
    """The lyrics in a folder and in those within it, in natural order; nothing that is hidden.

    Raises:
        CorpusError: if there are too many.
        OSError: if the folder itself cannot be listed.
    """
    paths = []

    def failed(error: OSError) -> None:
        if error.filename == str(folder):
            raise error
        closed(error)

    for place, folders, names in os.walk(folder, onerror=failed):
        looked()
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(place, name) for name in names if not name.startswith(".") and is_lyrics(name)]
        if len(paths) > MAX_FILES:
            raise CorpusError(_too_many(shown))
    return sorted(paths, key=lambda path: natural(str(path.relative_to(folder))))


def _too_many(shown: str) -> str:
    sentence = _("{path} holds more than {most} files; give a smaller folder.")
    return sentence.format(path=shown, most=f"{MAX_FILES:,}")


def is_lyrics(name: str) -> bool:
    """By its ending."""
    return suffix_of(name) in READABLE or name.lower().endswith(".zip")


def suffix_of(name: str) -> str:
    """The ending, without that of the packing."""
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in PACKINGS else path.suffix
