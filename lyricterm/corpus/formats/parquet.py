"""Parquet, where pyarrow is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.columns import PEEKED, column_of

_STRING = "(?:large_)?string(?:_view)?"
_TEXT = re.compile(rf"{_STRING}|dictionary<values={_STRING},.*>|(?:large_)?list<[^<>]*: {_STRING}>")
"""The types of a column of texts: as they are, as a category of pandas, or a list of lines."""
_ROWS = 1000
"""Read at once."""


def read_parquet(opened: Opened) -> Iterator[str]:
    """The cells of the lyrics' column."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        sentence = _("{path} needs the package pyarrow; install it with: pip install 'lyricterm[parquet]'.")
        raise CorpusError(sentence.format(path=opened.shown)) from error
    try:
        yield from _cells(parquet.ParquetFile(opened.bytes), opened)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        sentence = _("{path} is not a Parquet file, or it is damaged; make it or fetch it again.")
        raise CorpusError(sentence.format(path=opened.shown)) from error


def _cells(table: Any, opened: Opened) -> Iterator[str]:
    texts = [field.name for field in table.schema_arrow if _TEXT.fullmatch(str(field.type))]
    batches = table.iter_batches(batch_size=_ROWS, columns=texts)
    first = next(batches, None)
    if not texts or first is None:
        raise CorpusError(_("{path} has no text in it; choose a file with lyrics.").format(path=opened.shown))
    rows = [{name: _words(cell) for name, cell in row.items()} for row in first.slice(0, PEEKED).to_pylist()]
    column = opened.findings.column = column_of(texts, rows, opened.column, opened.shown)
    for batch in chain([first], batches):
        for cell in batch.column(column).to_pylist():
            if (words := _words(cell)).strip():
                yield f"{words}\n"


def _words(cell: str | list[str | None] | None) -> str:
    return "\n".join(filter(None, cell)) if isinstance(cell, list) else cell or ""
