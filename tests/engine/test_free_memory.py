"""The memory that is left, in made-up /proc and /sys/fs/cgroup."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lyricterm.engine.device import free_bytes
from lyricterm.engine.free_memory import free_main_memory

GB = 1 << 30


class Machine:
    def __init__(self, folder: Path) -> None:
        self.proc, self.cgroups = folder / "proc", folder / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        (self.proc / "meminfo").write_text(f"MemTotal: {64 << 20} kB\nMemAvailable:    {20 << 20} kB\n")

    def group(self, path: str, version: int, limit: object, used: int, cached: int = 0) -> None:
        folder = self.cgroups / ("memory" if version == 1 else "") / path
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
            2: ("memory.max", "memory.current", "inactive_file"),
        }[version]
        (folder / files[0]).write_text(f"{limit}\n")
        (folder / files[1]).write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 1\n{files[2]} {cached}\n")

    def member_of(self, *lines: str) -> None:
        (self.proc / "self" / "cgroup").write_text("\n".join(lines) + "\n")

    @property
    def free(self) -> int | None:
        return free_main_memory(self.proc, self.cgroups)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_a_container_it_is_what_the_machine_has(machine: Machine) -> None:
    assert machine.free == 20 * GB
    machine.member_of("0::/user.slice")
    assert machine.free == 20 * GB


@pytest.mark.parametrize("line", ["0::/docker/x", "4:memory:/docker/x"])
def test_a_container_may_take_no_more_than_its_limit(line: str, machine: Machine) -> None:
    version = 2 if line.startswith("0") else 1
    machine.member_of("9:name=systemd:/", line)
    machine.group("docker/x", version, 4 * GB, 3 * GB, cached=GB // 2)
    assert machine.free == GB + GB // 2


@pytest.mark.parametrize("version", [1, 2])
def test_the_narrowest_group_counts(version: int, machine: Machine) -> None:
    machine.member_of("4:memory:/a/b" if version == 1 else "0::/a/b")
    machine.group("a/b", version, "max" if version == 2 else (1 << 63) - 4096, 0)
    machine.group("a", version, 5 * GB, 3 * GB)
    assert machine.free == 2 * GB


def test_a_container_that_sees_itself_as_the_outermost(machine: Machine) -> None:
    machine.member_of("0::/not/seen/here")
    machine.group("", 2, 3 * GB, GB)
    assert machine.free == 2 * GB


def test_over_its_limit_nothing_is_free(machine: Machine) -> None:
    machine.member_of("0::/x")
    machine.group("x", 2, GB, 2 * GB)
    assert machine.free == 0


@pytest.mark.parametrize("text", ["", "::::", "0::", "\x00", "4:memory"])
def test_what_cannot_be_read_is_left_out(text: str, machine: Machine) -> None:
    machine.member_of(text)
    (machine.cgroups).mkdir()
    (machine.cgroups / "memory.max").write_text("many")
    assert machine.free == 20 * GB
    (machine.proc / "meminfo").write_text("MemAvailable: x")
    assert machine.free is None


def test_here_it_is_a_number() -> None:
    free = free_bytes(torch.device("cpu"))
    assert free is None or free > 0
