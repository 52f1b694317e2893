"""TOML read statement by statement: what cannot be read is named with its line, and the rest still counts.

``tomllib`` reads a whole text or nothing, and keeps no line numbers. Here a text is cut into its statements,
each of which ``tomllib`` reads alone. Every text is read in a time that grows no faster than its length.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]
"""A key and the tables around it, from the outside in."""

MOST_DEPTH = 64
"""Brackets in brackets, and dots outside of texts, that one statement may have: ``tomllib`` recurses on the
first, and takes the square of the time for the second."""

_LONGEST_HEADER = 1_000


@dataclass(frozen=True)
class Entry:
    """A key with its value; ``path`` starts at the table it stands under."""

    line: int
    path: Path
    value: Any


@dataclass(frozen=True)
class Header:
    """The beginning of a table, or of an array of tables."""

    line: int
    path: Path
    array: bool


@dataclass(frozen=True)
class Broken:
    """A line that is no TOML; ``key`` is what stands before its equals sign, if it has one."""

    line: int
    key: str
    text: str
    unclosed: bool
    """Its value opens brackets or quotes and does not close them."""


_KEY = re.compile(r"""((?:[A-Za-z0-9_.\- \t]|"(?:[^"\\\n]|\\[^\n])*+"|'[^'\n]*+')++)=""")
# No alternative backtracks, so that a text that does not end is gone through once.
_TOKEN = re.compile(
    r'''
    (?P<skip> \#[^\n]*+
    | """(?:[^"\\]++|\\.|"(?!""))*+"{3,5}
    | \'\'\'(?:[^']++|'(?!''))*+'{3,5}
    | "(?!"")(?:[^"\\\n]++|\\[^\n])*+"
    | '(?!'')[^'\n]*+'
    | [^\#"'\[\]{}\n.]++ )
    | (?P<open> [\[{] )
    | (?P<close> [\]}] )
    | (?P<dot> \. )
    | (?P<newline> \n )
    ''',
    re.VERBOSE | re.DOTALL,
)


def statements(text: str) -> Iterator[Entry | Header | Broken]:
    """Everything that stands in a text, in its order. Lines count from 1 and end with a line feed."""
    start, line, unclosed = 0, 1, False
    while start < len(text):
        line_end = text.find("\n", start) + 1 or len(text)
        end, found = _statement(text, start, line, line_end)
        for statement in found:
            # What follows a value that is never closed is most likely still that value.
            loose = isinstance(statement, Broken) and not statement.key and not statement.text.startswith("[")
            if not (unclosed and loose):
                unclosed = isinstance(statement, Broken) and statement.unclosed
                yield statement
        line += text.count("\n", start, end)
        start = end


def _statement(text: str, start: int, line: int, line_end: int) -> tuple[int, list[Entry | Header | Broken]]:
    """Where the statement at ``start`` ends, and what it says; a broken one ends with its line."""
    whole = text[start:line_end].strip(" \t\r\n")
    if not whole or whole.startswith("#"):
        return line_end, []
    key = _KEY.match(text, start, line_end)
    if key:
        end = _end(text, key.end()) if key[1].count(".") <= MOST_DEPTH else None
    else:
        end = line_end if whole.startswith("[") and len(whole) <= _LONGEST_HEADER else None
    found = _read(text[start:end], line) if end else None
    if end is None or found is None:
        unclosed = key is not None and end is None
        return line_end, [Broken(line, key[1].strip() if key else "", whole, unclosed)]
    return end, found


def _end(text: str, start: int) -> int | None:
    """Where the value that starts here ends, with its line; None if it never ends, or nests too much."""
    depth = dots = 0
    while start < len(text):
        token = _TOKEN.match(text, start)
        if token is None:
            # Quotes that nothing closes.
            return None
        start = token.end()
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        dots += token.lastgroup == "dot"
        if depth > MOST_DEPTH or dots > MOST_DEPTH:
            return None
        if token.lastgroup == "newline" and (depth <= 0 or _KEY.match(text, start)):
            # With a key in the next line, the brackets of this one were forgotten.
            return start if depth <= 0 else None
    return start if depth <= 0 else None


def _read(chunk: str, line: int) -> list[Entry | Header | Broken] | None:
    try:
        read = tomllib.loads(chunk)
    except (ValueError, RecursionError):
        # ValueError: TOMLDecodeError is one, and so is what a number of thousands of digits raises.
        return None
    if chunk.lstrip().startswith("["):
        return [_header(read, line)]
    return [Entry(line, path, value) for path, value in _leaves(read, ())]


def _header(read: Any, line: int) -> Header:
    path: list[str] = []
    while isinstance(read, dict) and read:
        (name, read) = next(iter(read.items()))
        path.append(name)
    return Header(line, tuple(path), array=isinstance(read, list))


def _leaves(read: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Each value with its path; dotted keys and tables in braces are the same."""
    for name, value in read.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value
