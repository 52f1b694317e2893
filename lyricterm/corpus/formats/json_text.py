"""JSON: a list of songs, or one a line (jsonl); a song is a text, or an object with the lyrics under a name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.columns import PEEKED, column_of
from lyricterm.corpus.formats.json_songs import songs, words_of

_MOST = 100_000_000
"""Characters of a .json, which has to be read as a whole."""


def read_json(opened: Opened) -> Iterator[str]:
    """The texts of a list, of a list under a name, of columns, or of titles with their songs."""
    parts: list[str] = []
    size = 0
    for block in opened.text():
        size += len(block)
        if size > _MOST:
            sentence = _("{path} is too large to be read as a whole; give it as .jsonl, one song a line.")
            raise CorpusError(sentence.format(path=opened.shown))
        parts.append(block)
    text = "".join(parts)
    try:
        found: Iterable[Any] = songs(_parsed(text, 0, opened.shown))
    except CorpusError:
        if not _is_one_a_line(text):
            raise
        found = _each_line([text], opened)
    yield from _lyrics(found, opened)


def read_jsonl(opened: Opened) -> Iterator[str]:
    """The text of each line; one that is not JSON is left out, but not most of them."""
    return _lyrics(_each_line(opened.text(), opened), opened)


def _is_one_a_line(text: str) -> bool:
    """Lines of JSON in a file that is called .json: the first is an object by itself."""
    try:
        return isinstance(json.loads(next(lines([text.lstrip()]), "")), dict)
    except (ValueError, RecursionError):
        return False


def _each_line(text: Iterable[str], opened: Opened) -> Iterator[Any]:
    sound, first = 0, None
    for number, line in enumerate(lines(text), 1):
        if not line.strip():
            continue
        try:
            song = _parsed(line, number - 1, opened.shown)
        except CorpusError as error:
            opened.findings.add_not_json(number)
            first = first or error
            if opened.findings.not_json > sound + PEEKED:
                raise first from error
        else:
            sound += 1
            yield song
    if first is not None and opened.findings.not_json >= sound:
        raise first


def _parsed(text: str, before: int, shown: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        sentence = _("{path} is not JSON, line {line}: {reason}; correct it, or give the lyrics as .txt.")
        raise CorpusError(sentence.format(path=shown, line=before + error.lineno, reason=error.msg)) from error
    except (RecursionError, ValueError) as error:
        # Lists in lists in lists, or a number of thousands of digits.
        sentence = _("{path} holds no list of songs; give texts, or objects with the lyrics under a name.")
        raise CorpusError(sentence.format(path=shown)) from error


def _lyrics(found: Iterable[Any], opened: Opened) -> Iterator[str]:
    rest = iter(found)
    first = list(islice(rest, PEEKED))
    rows = [{name: words_of(value) for name, value in song.items()} for song in first if isinstance(song, dict)]
    columns = list(dict.fromkeys(chain.from_iterable(rows)))
    column = column_of(columns, rows, opened.column, opened.shown) if columns else ""
    opened.findings.column = column
    for song in chain(first, rest):
        words = words_of(song.get(column) if isinstance(song, dict) else song)
        if words.strip():
            yield words + "\n"
