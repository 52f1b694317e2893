"""The program for a long time: what it holds does not grow, in memory and in open files."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, small_model

GROWTH = 10_000_000
"""Bytes that may be held more at the end than after the warm-up."""
KEYS = ("s", "c", "a", "d", "[", "]", "-", "=", ",", ".", "?", "\x1b", "/", "春天", "e", "\x1b", "\r", "\x7f", "r")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Terminal]:
    """The lab, writing lyrics after each epoch."""
    terminal = Terminal(*small_model(tmp_path, pred_period="1", pred_len="10", threads="1", prefix="春天"))
    yield terminal
    terminal.close()


def held(process: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def handles(process: int) -> int:
    """Files that a process has open."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def live(lab: Terminal, seconds: float, chance: random.Random) -> tuple[list[int], list[int]]:
    """Keys at random; memory and handles, about twice a second."""
    memory, files = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lab.type(chance.choice(KEYS))
        pause = time.monotonic() + 0.5
        while time.monotonic() < pause:
            lab.read(0.1)
        assert lab.process.poll() is None, "\n".join(lab.lines)
        memory.append(held(lab.process.pid))
        files.append(handles(lab.process.pid))
    return memory, files


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("warm_up", "seconds"),
    [pytest.param(6, 8, id="short"), pytest.param(300, 1_800, id="long", marks=pytest.mark.long)],
)
def test_nothing_grows(lab: Terminal, warm_up: float, seconds: float) -> None:
    chance = random.Random(4)
    lab.until(lambda: "epoch" in lab.lines[1])
    warm_memory, warm_files = live(lab, warm_up, chance)
    memory, files = live(lab, seconds, chance)
    quarter = max(1, len(memory) // 4)
    grown = statistics.median(memory[-quarter:]) - statistics.median(warm_memory[-quarter:])
    told = f"{grown / 1e6:+.1f} MB, {min(files)} to {max(files)} handles"
    print(told)
    assert grown < GROWTH, told
    assert max(files) <= max(warm_files) + 1, told
    lab.type("\x11")
    assert lab.ended() == 0
