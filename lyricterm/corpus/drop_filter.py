"""What expressions find in the lines of a text is left out; a slow expression in a process of its own.

Python's matcher keeps all other threads waiting and cannot be stopped, and an expression such as ``(a+)+$`` may take
for ever on one line: a process can be ended, and the screen stays alive.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief

Drop = Callable[[str], tuple[str, int]]
"""From a piece of a text, whole lines at a time, to what is left of it, and how many places were left out."""

_PATIENCE = 10.0
"""Seconds for a piece of about a million characters; a usual expression takes less than one."""
_LINE = re.compile("([^\r\n]*)(\r\n|\r|\n|\\Z)")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_LENGTH = 8


def drop_filter(expressions: Sequence[str], stack: ExitStack) -> Drop:
    """What leaves out all that these find.

    Args:
        expressions: regular expressions.
        stack: ends the process, where there is one.

    Raises:
        OSError: if no process can be started.
    """
    if not any(may_be_slow(expression) for expression in expressions):
        compiled = [re.compile(expression) for expression in expressions]
        return lambda block: drop(block, compiled)
    return stack.enter_context(_Process(expressions))


def may_be_slow(expression: str) -> bool:
    """Whether anything in it is repeated without a bound that can be seen at once."""
    return any(sign in _ESCAPED.sub("", expression) for sign in "*+{")


def each_line(block: str) -> Iterator[tuple[str, str]]:
    """Each line and its end."""
    for found in _LINE.finditer(block):
        if found[0]:
            yield found[1], found[2]


def drop(block: str, expressions: Sequence[re.Pattern[str]]) -> tuple[str, int]:
    """What is left, and the number of places; a line of which nothing is left goes with its end."""
    dropped, kept = 0, []
    for line, end in each_line(block):
        left = line
        for expression in expressions:
            left, count = expression.subn("", left)
            dropped += count
        if left == line or left.strip():
            kept.append(left + end)
    return "".join(kept), dropped


class _Process:
    """Runs this module, and is sent one piece after another."""

    def __init__(self, expressions: Sequence[str]) -> None:
        self._expressions = expressions
        command = [sys.executable, "-P", "-m", "lyricterm.corpus.drop_filter"]
        pipe = subprocess.PIPE
        # Ctrl+C is for the program alone.
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018
        self._to, self._from = self._process.stdin, self._process.stdout

    def __enter__(self) -> Drop:
        self._send(json.dumps(list(self._expressions)))
        return self._drop

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def _drop(self, block: str) -> tuple[str, int]:
        timer = threading.Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            self._send(block)
            count = int.from_bytes(self._from.read(_LENGTH), "little")
            left = _received(self._from)
        except OSError:
            left = None
        finally:
            timer.cancel()
        if left is None:
            sentence = _("--drop {expression} takes too long; write it without a repetition within a repetition.")
            raise CorpusError(sentence.format(expression=brief(" ".join(self._expressions), 60)))
        return left, count

    def _send(self, text: str) -> None:
        _write(self._to, text)


def _write(stream: IO[bytes], text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    stream.write(len(encoded).to_bytes(_LENGTH, "little") + encoded)
    stream.flush()


def _received(stream: IO[bytes]) -> str | None:
    """The next text; None at the end."""
    header = stream.read(_LENGTH)
    size = int.from_bytes(header, "little")
    encoded = stream.read(size)
    return encoded.decode("utf-8", "surrogatepass") if len(header) == _LENGTH and len(encoded) == size else None


def _serve() -> None:
    """In the process: expressions come first, then pieces."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    expressions = [re.compile(expression) for expression in json.loads(_received(source) or "[]")]
    while (block := _received(source)) is not None:
        left, count = drop(block, expressions)
        sink.write(count.to_bytes(_LENGTH, "little"))
        _write(sink, left)


if __name__ == "__main__":
    _serve()
