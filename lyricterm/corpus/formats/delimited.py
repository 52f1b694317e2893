"""Tables as text: csv (commas, semicolons, tabs or bars) and tsv; the first row names the columns."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.corpus.blocks import whole_lines
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.columns import LONG, PEEKED, column_of, told_apart
from lyricterm.corpus.formats.tab_rows import tab_rows

_SEPARATOR = re.compile(r"sep=.\s*")
"""The line with which Excel is told what stands between two cells."""
_DELIMITERS = ",;\t|"
"""What may stand between two cells, the most usual first."""
_LONGEST = 1 << 24
"""Characters of one cell."""
_LINES = 200
"""Of a cell without an end, such as the last one of a file that is cut off."""


def read_csv(opened: Opened) -> Iterator[str]:
    """The cells of the lyrics' column, each on lines of its own."""
    rest = _each_line(opened.text())
    header = next(rest, "")
    if _SEPARATOR.fullmatch(header):
        return _read(rest, header[4], opened)
    csv.field_size_limit(_LONGEST)
    found = [mark for mark in _DELIMITERS if mark in header]
    first = [header, *(_few(rest) if len(found) > 1 else ())]
    delimiter = max(found, key=lambda mark: (_share_of_whole_rows(first, mark), header.count(mark)), default=",")
    return _read(chain(first, rest), delimiter, opened)


def read_tsv(opened: Opened) -> Iterator[str]:
    """As ``read_csv``, with tabs; a quotation mark at the beginning of a cell may belong to its words."""
    return _lyrics(tab_rows(_each_line(opened.text())), opened)


def _few(rest: Iterator[str]) -> Iterator[str]:
    """The next lines; fewer where they are long."""
    room = _LONGEST
    for line in islice(rest, PEEKED):
        yield line
        room -= len(line)
        if room < 0:
            return


def _share_of_whole_rows(first: Sequence[str], mark: str) -> float:
    """The share of the rows that have as many cells as the first, if a row is divided by this mark."""
    with contextlib.suppress(csv.Error):
        rows = [len(row) for row in csv.reader(first, delimiter=mark) if row]
        return rows.count(rows[0]) / len(rows)
    return 0.0


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
    return _lyrics(_rows(lines, delimiter, opened.shown), opened)


def _rows(lines: Iterable[str], delimiter: str, shown: str) -> Iterator[list[str]]:
    ended = False

    def watched() -> Iterator[str]:
        nonlocal ended
        yield from lines
        ended = True

    rows = csv.reader(watched(), delimiter=delimiter)
    before = 0
    try:
        for row in rows:
            # csv asks for more lines than there are only where a cell has no end.
            if ended and rows.line_num - before > _LINES:
                raise CorpusError(_not_table(shown, before + 1, _("a quotation mark is never closed")))
            before = rows.line_num
            yield row
    except csv.Error as error:
        raise CorpusError(_not_table(shown, rows.line_num, str(error))) from error


def _not_table(shown: str, line: int, reason: str) -> str:
    sentence = _("{path} is not a table, line {line}: {reason}; correct that line, or give the lyrics as .txt.")
    return sentence.format(path=shown, line=line, reason=reason)


def _lyrics(rows: Iterator[list[str]], opened: Opened) -> Iterator[str]:
    columns = next(rows, [])
    if not columns:
        raise CorpusError(_("{path} is empty; choose a file with lyrics.").format(path=opened.shown))
    names = told_apart(columns)
    first = list(islice(rows, PEEKED))
    peeked = [dict(zip(names, row, strict=False)) for row in first]
    column = column_of(names, peeked, opened.column, opened.shown)
    place = names.index(column)
    # Who calls a column so, has not named the columns: that is the first song.
    unnamed = [columns] if len(columns[place]) >= LONG else []
    opened.findings.column = "" if unnamed else column
    for row in chain(unnamed, first, rows):
        if place < len(row) and row[place].strip():
            yield row[place] + "\n"
