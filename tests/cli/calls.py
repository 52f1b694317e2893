"""What a call of the command line gives, and how to read it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LINE = "想要有你在我身边 分开不分开 "

EXPLOSIVE = ("--activation=relu", "--no-clip", "--lr=2", "--hidden=64", "--steps=35", "--batch=1", "--epochs=50")
"""ReLU without clipping, which overflows in the second epoch."""


PATIENCE = 400.0
"""Seconds that a group of processes may take; Ray takes longest."""


@dataclass(frozen=True)
class Call:
    """One call's exit code and output."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects that were printed, one a line."""
        return [strict(line) for line in self.out.splitlines()]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The rows of one kind of event."""
        return [row for row in self.rows if row["event"] == kind]

    def sentence(self) -> str:
        """The one sentence on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("lyricterm: ")
        return lines[0]


def ended(process: subprocess.Popen[str]) -> Call:
    """What a process gave when it ended by itself."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Call(process.returncode, out, err)


def wait_until(what: Callable[[], bool]) -> None:
    """Until something that another process does."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def strict(line: str) -> dict[str, Any]:
    """A JSON object; NaN and Infinity, which JSON does not have, are errors."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    row = json.loads(line, parse_constant=refuse)
    assert isinstance(row, dict)
    return row
