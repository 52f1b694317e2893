"""The lab for a long time in a terminal: what it takes of memory and of file handles does not grow."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.real import LYRICS
from tests.terminal import Terminal

PAGE = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1 << 20
ALLOWED = 10 * MEGABYTE
KEYS = (*"scad[]-+,.n", " ")
WORDS = ("春天", "夏天的雨", "你说明天", "abc", "\x1b")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc to look into"),
]


@dataclass(frozen=True)
class Look:
    """What the program takes at one moment."""

    memory: int
    """Bytes in RAM."""
    handles: int


def look(process: int) -> Look:
    """At a running process."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return Look(int(pages) * PAGE, len(os.listdir(f"/proc/{process}/fd")))  # noqa: PTH208 - names are not needed


@pytest.fixture
def lab(tmp_path: Path, clean_home: Path) -> Iterator[Terminal]:
    """The lab with a small model, saved every second."""
    text = tmp_path / "small.txt"
    text.write_text(LYRICS, encoding="utf-8")
    config = clean_home / "config" / "lyricterm" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("autosave = 1\n", encoding="utf-8")
    told = {"--corpus": str(text), "--hidden": "32", "--batch": "2", "--steps": "5", "--epochs": "9000000"}
    words = [word for pair in told.items() for word in pair]
    terminal = Terminal(*words, "--device", "cpu", "--threads", "1", "--pred-period", "200", "--pred-len", "20")
    yield terminal
    terminal.close()


def handled(lab: Terminal, seconds: float, chance: random.Random) -> None:
    """Some seconds of a person who flips and types."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if chance.random() < 0.2:
            lab.type("/")
            lab.type(chance.choice(WORDS))
            pause(lab, 0.3)
            lab.type("\x1b")
        else:
            lab.type(chance.choice(KEYS))
        pause(lab, 0.3)
    if not any("training" in line for line in lab.lines[:2]):
        lab.type("r")


def pause(lab: Terminal, seconds: float) -> None:
    """Read what is drawn meanwhile."""
    end = time.monotonic() + seconds
    lab.until(lambda: time.monotonic() >= end)


@pytest.mark.parametrize(
    ("warm_up", "every", "looks"), [(4.0, 0.4, 10), pytest.param(120.0, 5.0, 336, marks=pytest.mark.long)]
)
def test_memory_and_handles_stay_flat(
    lab: Terminal, clean_home: Path, warm_up: float, every: float, looks: int
) -> None:
    chance = random.Random(1)
    lab.until(lambda: "training" in lab.lines[1] and "epoch" in lab.lines[1])
    # The first save and the first lyrics bring in what they need, however long that takes here.
    lab.until(lambda: any(clean_home.glob("data/lyricterm/runs/*/checkpoint.safetensors")))
    lab.until(lambda: any("perplexity" in line and "epoch" in line for line in lab.lines[9:]))
    handled(lab, warm_up, chance)
    seen = []
    for _look in range(looks):
        handled(lab, every, chance)
        assert lab.process.poll() is None, "\n".join(lab.lines)
        seen.append(look(lab.process.pid))
    part = max(3, looks // 10)
    memory = [statistics.median(one.memory for one in some) for some in (seen[:part], seen[-part:])]
    handles = [statistics.median(one.handles for one in some) for some in (seen[:part], seen[-part:])]
    print(f"memory {memory[0] / MEGABYTE:.1f} -> {memory[1] / MEGABYTE:.1f} MB, handles {handles[0]} -> {handles[1]}")
    assert memory[1] - memory[0] < ALLOWED
    assert abs(handles[1] - handles[0]) <= 1
    lab.type("\x11")
    assert lab.ended() == 0
