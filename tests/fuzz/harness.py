"""Give a loader thousands of bad files: each must be refused in one clear sentence or load as it should.

A kind of file is plugged in with the cases, a loader and a check of what it loads::

    fuzz(mutants(seeds, 1_500, seed=1), read_settings, check_settings, tmp_path / "settings.toml")
"""

from __future__ import annotations

import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TypeVar

from lyricterm.core.errors import LyrictermError
from lyricterm.core.sanitize import one_line

Loaded = TypeVar("Loaded")

MEMORY = 512 << 20
"""Bytes of address space that a loader may take on top of what the process has."""
SECONDS = 30.0
"""A loader of a small file that takes longer hangs."""
_LONGEST = 1_500
"""Characters of a sentence."""


@dataclass
class Outcomes:
    """What became of the cases."""

    loaded: int = 0
    refused: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """How often each kind of error was raised."""

    @property
    def all(self) -> int:
        """How many cases there were."""
        return self.loaded + self.refused


class HangsError(BaseException):
    """No ``except Exception`` of a loader catches it."""


def fuzz(
    cases: Iterable[bytes],
    load: Callable[[Path], Loaded],
    check: Callable[[bytes, Loaded], None],
    path: Path,
    memory: int = MEMORY,
) -> Outcomes:
    """Write each case to ``path`` and load it, with bounded memory and time.

    Args:
        cases: the files' contents.
        load: returns what is in the file, or raises a ``LyrictermError``.
        check: asserts that what was loaded is what is in the content.
        path: stays there with the content that failed.
        memory: bytes that all of it may take on top of what the process has.

    Raises:
        AssertionError: which case failed, and how.
    """
    outcomes = Outcomes()
    with bounded(memory):
        for number, content in enumerate(cases):
            path.write_bytes(content)
            try:
                with patient(SECONDS):
                    _try(content, load, check, path, outcomes)
            except (Exception, HangsError) as error:
                told = f"case {number} ({len(content)} bytes, in {path}): {type(error).__name__}: {error}"
                raise AssertionError(told) from error
    return outcomes


def _try(
    content: bytes,
    load: Callable[[Path], Loaded],
    check: Callable[[bytes, Loaded], None],
    path: Path,
    outcomes: Outcomes,
) -> None:
    try:
        loaded = load(path)
    except LyrictermError as error:
        check_sentence(error)
        outcomes.refused += 1
        outcomes.kinds[type(error).__name__] += 1
    else:
        check(content, loaded)
        outcomes.loaded += 1


def check_sentence(error: LyrictermError) -> None:
    """One line, safe to show, that ends as a sentence does, and that no lack of memory led to."""
    sentence = str(error)
    assert sentence == one_line(sentence), repr(sentence)
    assert sentence.endswith("."), repr(sentence)
    assert len(sentence) < _LONGEST, sentence
    assert not wanted_memory(error), f"{sentence} came of a lack of memory"


def wanted_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, says that there was no memory."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def bounded(memory: int) -> Iterator[None]:
    """No more address space than ``memory`` bytes on top of what the process has.

    A request beyond it fails at once, be it Python's or a library's, and even if nothing would be written there.
    """
    pages = Path("/proc/self/statm")
    before = resource.getrlimit(resource.RLIMIT_AS)
    if pages.exists():
        taken = int(pages.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Wait no longer than that.

    Raises:
        HangsError: if it takes longer.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise HangsError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
