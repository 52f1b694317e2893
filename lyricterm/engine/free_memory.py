"""How much main memory can still be had: what the machine has free, and no more than the container may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_UNLIMITED = 1 << 60
"""The first version of cgroups says so by a number above this."""


@dataclass(frozen=True)
class _Names:
    """How the files of one version of cgroups are called, and what of the used memory can be taken back."""

    limit: str
    used: str
    reclaimable: str


_V1 = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Names("memory.max", "memory.current", "inactive_file")


def free_main_memory(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes, or None where it cannot be told."""
    known = [free for free in (_of_machine(proc), *_of_cgroups(proc, cgroups)) if free is not None]
    return min(known, default=None)


def _of_machine(proc: Path) -> int | None:
    try:
        for line in (proc / "meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def _of_cgroups(proc: Path, cgroups: Path) -> Iterator[int | None]:
    """What is free in each group that this process is in, from its own to the outermost."""
    try:
        lines = (proc / "self" / "cgroup").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        _number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers in ("", "memory"):
            names, mount = (_V1, cgroups / "memory") if controllers else (_V2, cgroups)
            # A container may see its own group as the outermost, whatever the path says.
            for group in (PurePosixPath(path), *PurePosixPath(path).parents):
                yield _of_group(mount / str(group).lstrip("/"), names)


def _of_group(folder: Path, names: _Names) -> int | None:
    try:
        limit = int((folder / names.limit).read_text("ascii"))
        used = int((folder / names.used).read_text("ascii"))
        if limit >= _UNLIMITED:
            return None
        return max(0, limit - used + _reclaimable(folder, names))
    except (OSError, ValueError):
        # There is no such group, or its limit is "max".
        return None


def _reclaimable(folder: Path, names: _Names) -> int:
    for line in (folder / "memory.stat").read_text("ascii").splitlines():
        if line.startswith(f"{names.reclaimable} "):
            return int(line.split()[1])
    return 0
