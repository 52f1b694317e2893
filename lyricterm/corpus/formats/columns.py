"""Which column of a table holds the lyrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief
from lyricterm.core.setting import AUTO

PEEKED = 50
"""Rows that are looked at to find it."""
_CALLED = ("lyrics", "lyric", "song_lyrics", "歌词", "歌詞", "가사", "text", "content", "words")
"""What such a column is called; the first that is there counts."""
_PLAINLY = 3
"""Times as long as the next longest."""
LONG = 30
"""Characters of its median cell."""
COLUMN_NAME = 40
"""Characters of its name that are shown."""
_LISTED = 12


def column_of(columns: Sequence[str], rows: Sequence[Mapping[str, str]], wanted: str, shown: str) -> str:
    """The name of the column that holds the lyrics.

    Args:
        columns: all of them.
        rows: the first few.
        wanted: what a person names, or ``auto``.
        shown: the file's name.

    Raises:
        CorpusError: if it is not there, or none is plainly the one; the columns are named.
    """
    if wanted != AUTO:
        if wanted in columns:
            return wanted
        sentence = _("{path} has no column {name}; it has: {columns}.")
        raise CorpusError(sentence.format(path=shown, name=brief(wanted, COLUMN_NAME), columns=_listed(columns)))
    found = _named_and_filled(columns, rows) or _by_length(columns, rows) or named_as_lyrics(columns)
    if found is None:
        sentence = _("Which column of {path} holds the lyrics? Name it with --column; there are: {columns}.")
        raise CorpusError(sentence.format(path=shown, columns=_listed(columns)))
    return found


def named_as_lyrics(columns: Iterable[str]) -> str | None:
    """The one that is called lyrics, or as lyrics are called in another language or a data set."""
    called = {column.strip().casefold(): column for column in reversed([*columns])}
    return next((called[name] for name in _CALLED if name in called), None)


def _named_and_filled(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str | None:
    """The one with such a name that has words in the first rows."""
    return named_as_lyrics(name for name in columns if any(row.get(name, "").strip() for row in rows))


def told_apart(columns: Sequence[str]) -> list[str]:
    """The same names; the second of that name gets a ``.1`` behind it, as with pandas."""
    uses: Counter[str] = Counter()
    names = []
    for column in columns:
        names.append(f"{column}.{uses[column]}" if uses[column] else column)
        uses[column] += 1
    return names


def _by_length(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str | None:
    if len(columns) == 1:
        return columns[0]
    lengths = sorted(((_median([len(row.get(name, "")) for row in rows]), name) for name in columns), reverse=True)
    if lengths and lengths[0][0] >= max(LONG, _PLAINLY * lengths[1][0]):
        return lengths[0][1]
    return None


def _median(numbers: list[int]) -> int:
    return sorted(numbers)[len(numbers) // 2] if numbers else 0


def _listed(columns: Sequence[str]) -> str:
    names = [brief(column, COLUMN_NAME) for column in columns[:_LISTED]]
    return ", ".join(names) + (", …" if len(columns) > _LISTED else "")
