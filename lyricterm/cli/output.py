"""Standard streams that take whatever is printed: closed ones, and those of a narrow encoding."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator

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
