"""What kinds of file lyrics come in: one small file a format, found by the file's ending."""

from __future__ import annotations

from lyricterm.corpus.formats.base import Reader
from lyricterm.corpus.formats.delimited import read_csv, read_tsv
from lyricterm.corpus.formats.json_text import read_json, read_jsonl
from lyricterm.corpus.formats.lrc import read_lrc
from lyricterm.corpus.formats.markdown import read_markdown
from lyricterm.corpus.formats.parquet import read_parquet
from lyricterm.corpus.formats.plain import read_plain
from lyricterm.corpus.formats.subtitles import read_subtitles

READERS: dict[str, Reader] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".lrc": read_lrc,
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}
"""Ending to reader."""
READABLE = tuple(READERS)
"""The endings that are looked for in a folder and in an archive."""


def reader_of(suffix: str) -> Reader:
    """What reads a file with this ending; a file that a person names is a plain text if nothing else."""
    return READERS.get(suffix, read_plain)
