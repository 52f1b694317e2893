"""Which process it was that wrote something down, so that one can tell later whether it is still there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_DEAD = (b"Z", b"X")
"""States of a process that has ended, and whose parent has not asked for that yet."""


def myself() -> str:
    """This process among all that this machine has had, in one word; empty where the system does not tell."""
    start, place = _start(os.getpid()), _place()
    return f"{place}/{start}" if start and place else ""


def is_gone(pid: int, identity: str) -> bool:
    """Whether the process is known to have ended: it ran on this machine, as ``myself`` said, and does not any more."""
    place, _slash, start = identity.rpartition("/")
    return bool(place) and place == _place() and _start(pid) != start


def _place() -> str:
    """This machine since it was started, and the space in which process ids are counted (a container has its own)."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return ""


def _start(pid: int) -> str:
    """When a process began, in ticks since the machine was started; empty if there is none that lives."""
    try:
        # The name in parentheses may hold anything; the state stands behind it, the start 19 fields later.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if len(fields) < 20 or fields[0] in _DEAD else fields[19].decode()
