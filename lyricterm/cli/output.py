"""What commands print, on standard streams that take it all: closed ones, and those of a narrow encoding."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from lyricterm.core.sanitize import lyric_line, one_line, outgoing
from lyricterm.core.strict_json import readable

_HANDLER = "lyricterm-question-mark"


@contextlib.contextmanager
def open_streams() -> Iterator[None]:
    """Standard streams that were closed before the start take what is written, which is lost."""
    closed = [name for name in ("stdout", "stderr") if getattr(sys, name) is None]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for name in closed:
            setattr(sys, name, nowhere)
        try:
            yield
        finally:
            for name in closed:
                setattr(sys, name, None)


class QuestionMarks:
    """Prints ``?`` for characters that stdout's encoding lacks, and for broken bytes of a file name."""

    def __init__(self) -> None:
        self._lost = 0
        if isinstance(sys.stdout, io.TextIOWrapper):
            codecs.register_error(_HANDLER, self._replace)
            sys.stdout.reconfigure(errors=_HANDLER)

    def encoding(self) -> str:
        """The encoding that lacked characters; empty if none was lost."""
        return str(getattr(sys.stdout, "encoding", "")) if self._lost else ""

    def _replace(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        lost = error.object[error.start : error.end]
        # Half a character is no fault of the encoding's.
        self._lost += sum(not "\ud800" <= character <= "\udfff" for character in lost)
        return "?" * len(lost), error.end


def say(sentence: str) -> None:
    """One line of narration on stderr, if there is one; whatever it names is safe to show.

    Nothing ends because it cannot be said.
    """
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"lyricterm: {one_line(sentence)}", file=sys.stderr, flush=True)


def lyric(text: str) -> str:
    """Lyrics on one line of stdout: safe to look at on a terminal, as they are for another program."""
    return lyric_line(text) if sys.stdout is not None and sys.stdout.isatty() else outgoing(text)


def print_json(row: Mapping[str, Any]) -> None:
    """One JSON object on a line of stdout, always UTF-8: what the stream, or a terminal, cannot take is escaped."""
    print(readable(row, getattr(sys.stdout, "encoding", None) or "utf-8"), flush=True)
