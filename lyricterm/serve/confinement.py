"""A visitor's process shuts itself in: it reads what the program needs, and writes only below its own folder.

The lab refuses foreign paths itself; this holds even where it forgets to. Source: Linux's Landlock
(https://docs.kernel.org/userspace-api/landlock.html). Where the kernel has none, the lab's own refusals must do.
"""

from __future__ import annotations

import ctypes
import os
import site
import sys
from collections.abc import Iterable
from pathlib import Path

import lyricterm
from lyricterm.core.log import logger
from lyricterm.core.paths import asset
from lyricterm.core.visitor import Visitor, visitor

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, the same number on every architecture of Linux."""
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = (1 << bit for bit in (0, 1, 2, 3, 14, 15))
_ACCESS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every kind of access to files that a version of Landlock knows."""
_TCP = 0b11
"""Binding and connecting, from version 4 on: a lab needs no network."""
_SCOPED = 0b11
"""Abstract sockets and signals of others, from version 6 on."""
_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
"""Kinds of access that a rule for a file, not a folder, may name."""
_READ = _READ_FILE | _READ_DIR
_PROC = ("self", "cpuinfo", "meminfo", "stat", "loadavg", "devices", "driver/nvidia")
"""Below ``/proc``: what other processes are told is no visitor's business."""
_SYSTEM = ("/usr", "/lib", "/lib64", "/sys", "/etc/ld.so.cache", "/etc/localtime", *(f"/proc/{name}" for name in _PROC))
"""What Python, torch and a GPU's driver read."""
_DEVICES = ("null", "zero", "random", "urandom", "nvidia*")


class _RulesetAttr(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneathAttr(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def confine() -> bool:
    """Shut this process in, and all threads that it starts from now on; True if the kernel could.

    The visitor's own folder is the home. No other program can be started any more.
    """
    guest = visitor() or Visitor()
    devices = (device for name in _DEVICES for device in Path("/dev").glob(name))
    try:
        _restrict(_readable(guest), [Path.home(), *devices])
    except (OSError, AttributeError) as error:
        logger().warning("no Landlock here: %s", error)
        return False
    return True


def _readable(guest: Visitor) -> list[Path]:
    """Folders and files that the lab reads."""
    package = Path(lyricterm.__file__).parent
    # A checkout is on the path for its package only.
    path = [entry for entry in sys.path if Path(entry) != package.parent]
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), *path}
    given = [*_SYSTEM, *python, *guest.corpora.values(), guest.shared_runs]
    return [Path(entry) for entry in given if entry] + [package, asset("lyrics-zh.txt").parent]


def _restrict(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Everything else is refused from now on.

    Raises:
        OSError: if the kernel cannot.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = _called(libc, _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    everything = _ACCESS[min(version, max(_ACCESS))]
    rules = _RulesetAttr(everything, _TCP if version >= 4 else 0, _SCOPED if version >= 6 else 0)
    # Older kernels know fewer of the fields.
    size = 8 * (1 + (version >= 4) + (version >= 6))
    ruleset = _called(libc, _CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(libc, ruleset, path, _READ)
        for path in writable:
            _allow(libc, ruleset, path, everything & ~_EXECUTE)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
        _called(libc, _RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    """Allow one file, or all below a folder; what is not there needs no rule."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        kinds = access if path.is_dir() else access & _FILES
        rule = _PathBeneathAttr(kinds, handle)
        kind, none = ctypes.c_int(_PATH_BENEATH), ctypes.c_uint32(0)
        _called(libc, _ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(rule), none)
    finally:
        os.close(handle)


def _called(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
