"""What the probes found on this machine, kept in the person's cache folder, so that all processes choose alike.

A probe also measures time, and two probes of one shape may disagree; another route gives other last digits. So the
first answer that is written down holds for every later process.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from lyricterm.core.log import logger
from lyricterm.core.paths import probes_file
from lyricterm.core.strict_json import decoded, encoded
from lyricterm.engine.products.probe import Probe
from lyricterm.storage import atomic_write
from lyricterm.storage.lock import Lock

Probes = Mapping[str, Probe]
"""One shape's probes by the names of the routes."""

_MOST_BYTES = 4 << 20
_MOST_MACHINES = 8
_MOST_SHAPES = 2_000
"""A machine; the oldest are dropped."""
_PATIENCE = 1.0
"""Seconds to wait for another process that writes."""


class ProbeCache:
    """A file of probes by machine and shape. One that is damaged counts as empty; one that cannot be written, too."""

    def __init__(self, counts: Sequence[int], path: Path | None = None) -> None:
        """The probes made with these numbers of threads, in the person's cache folder or at ``path``."""
        self._path = path or probes_file()
        self._machine = machine(counts)
        self._known = self._read().get(self._machine, {})

    def find(self, shape: str) -> Probes | None:
        """What is known of a shape."""
        return _probes(self._known.get(shape))

    def keep(self, shape: str, probes: Probes) -> Probes:
        """Write a shape's probes down; returns those of another process, if it was faster."""
        self._known[shape] = _saved(probes)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = Lock(self._path.with_suffix(".lock"))
            if not _acquired(lock):
                return probes
            try:
                return self._merge(shape, probes)
            finally:
                lock.release()
        except OSError as error:
            logger().warning("%s cannot be written: %s", self._path, error)
            return probes

    def _merge(self, shape: str, probes: Probes) -> Probes:
        machines = self._read()
        self._known = machines.pop(self._machine, {})
        theirs = self.find(shape)
        if theirs is not None and theirs.keys() == probes.keys():
            return theirs
        self._known[shape] = _saved(probes)
        machines = _newest(machines, _MOST_MACHINES - 1) | {self._machine: _newest(self._known, _MOST_SHAPES)}
        atomic_write.write_whole(self._path, encoded(machines))
        return probes

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            saved = decoded(atomic_write.read_regular(self._path, _MOST_BYTES))
        except (OSError, ValueError):
            return {}
        machines = saved if isinstance(saved, dict) else {}
        return {name: shapes for name, shapes in machines.items() if isinstance(shapes, dict)}


def machine(counts: Sequence[int]) -> str:
    """What the probes depend on: CPU, torch, the numbers of threads, and what MKL was told."""
    threads = ",".join(map(str, counts))
    return f"{cpu_model()}; torch {torch.__version__}; threads {threads}; MKL {os.environ.get('MKL_CBWR', '')}"


def cpu_model() -> str:
    """The CPU's name, as far as the operating system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "CPU part"))]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _acquired(lock: Lock) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not lock.acquire():
        if time.monotonic() > deadline:
            return False
    return True


def _saved(probes: Probes) -> dict[str, list[Any]]:
    return {name: list(asdict(found).values()) for name, found in probes.items()}


def _probes(saved: Any) -> Probes | None:
    """None if anything is not as ``keep`` writes it."""
    if not isinstance(saved, dict) or not saved:
        return None
    found = {}
    for name, values in saved.items():
        if not isinstance(values, list) or [type(value) for value in values] != [bool, bool, float]:
            return None
        found[name] = Probe(*values)
    return found


def _newest(kept: dict[str, Any], most: int) -> dict[str, Any]:
    return dict(list(kept.items())[-most:])
