"""Tables as text: csv (commas, semicolons, tabs or bars) and tsv; the first row names the columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.corpus.blocks import whole_lines
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.columns import LONG, PEEKED, column_of

_SEPARATOR = re.compile(r"sep=.\s*")
"""The line with which Excel is told what stands between two cells."""
_LONGEST = 1 << 24
"""Characters of one cell."""


def read_csv(opened: Opened) -> Iterator[str]:
    """The cells of the lyrics' column, each on lines of its own."""
    rest = _each_line(opened.text())
    header = next(rest, "")
    if _SEPARATOR.fullmatch(header):
        return _read(rest, header[4], opened)
    delimiter = max(",;\t|", key=header.count)
    return _read(chain([header], rest), delimiter, opened)


def read_tsv(opened: Opened) -> Iterator[str]:
    """As ``read_csv``, with tabs."""
    return _read(_each_line(opened.text()), "\t", opened)


def _each_line(blocks: Iterable[str]) -> Iterator[str]:
    """With their ends; a line of more than two cells' room is cut, and csv says that a cell is too long."""
    rest = ""
    for block in whole_lines(blocks):
        rest += block
        if rest.endswith("\n") or len(rest) > 2 * _LONGEST:
            yield from io.StringIO(rest, newline="")
            rest = ""
    yield from io.StringIO(rest, newline="")


def _read(lines: Iterable[str], delimiter: str, opened: Opened) -> Iterator[str]:
    csv.field_size_limit(_LONGEST)
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        columns = next(rows, [])
        if not columns:
            raise CorpusError(_("{path} is empty; choose a file with lyrics.").format(path=opened.shown))
        first = list(islice(rows, PEEKED))
        peeked = [dict(zip(columns, row, strict=False)) for row in first]
        place = columns.index(column_of(columns, peeked, opened.column, opened.shown))
        # Who calls a column so, has not named the columns: that is the first song.
        unnamed = [columns] if len(columns[place]) >= LONG else []
        for row in chain(unnamed, first, rows):
            if place < len(row) and row[place].strip():
                yield row[place] + "\n"
    except csv.Error as error:
        sentence = _("{path} is not a table, line {line}: {reason}; correct that line, or give the lyrics as .txt.")
        raise CorpusError(sentence.format(path=opened.shown, line=rows.line_num, reason=error)) from error
