"""Who is at work in a folder: a lock that the operating system drops with the process that held it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import os
import time
from dataclasses import dataclass
from pathlib import Path

from lyricterm.core.sanitize import one_line
from lyricterm.storage import process_identity

_UNSUPPORTED = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_BUSY = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
_TRIES = 4
_PAUSE = 0.02
"""Seconds between tries: long beside the moment in which ``holder`` looks."""
_DIGITS = 20
_SIGNATURE = 300
"""Bytes of the lock's file that say who holds it, a line each: the process, who and where, and which process it is."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as far as they have said."""

    pid: int = 0
    """0 if they have not said."""
    who: str = ""
    """user@machine; empty if they have not said."""
    identity: str = ""
    """Of the process; see ``process_identity``."""


class Lock:
    """A lock on a file, held by at most one ``Lock`` of all processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody holds it; True if it is held now. One whose file has gone is taken anew.

        Where the file system knows no locks it is always given.

        Raises:
            OSError: if the file cannot be opened.
        """
        if self._handle is not None and not self._is_there(self._handle):
            self.release()
        for last in (False,) * (_TRIES - 1) + (True,):
            if self._handle is not None or self._try():
                return True
            if not last:
                time.sleep(_PAUSE)
        return False

    def release(self) -> None:
        """Give the lock back, if it is held."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            # A forked child may have the file open as well.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)
        finally:
            with contextlib.suppress(OSError):
                os.close(handle)

    def _try(self) -> bool:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
        try:
            taken = _flock(handle, fcntl.LOCK_EX) and self._is_there(handle)
            if taken:
                self._handle = handle
                _sign(handle)
        finally:
            if self._handle != handle:
                os.close(handle)
        return taken

    def _is_there(self, handle: int) -> bool:
        """Whether the locked file is still the one at the path: a run may have been removed meanwhile."""
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except FileNotFoundError:
            return False


def holder(path: Path) -> int | None:
    """The id of the process that holds the lock (0 if it has not said), None if nobody does."""
    found = signed_holder(path)
    return None if found is None else found.pid


def signed_holder(path: Path) -> Holder | None:
    """Who holds the lock; None if nobody does."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return None if _flock(handle, fcntl.LOCK_SH) else _signed(handle)
    except OSError:
        return None
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)


def last_is_gone(path: Path) -> bool:
    """Whether the process that took the lock last is known to have ended, also where the file system has no locks."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        last = _signed(handle)
    finally:
        os.close(handle)
    return process_identity.is_gone(last.pid, last.identity)


def _flock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return True
        if error.errno in _BUSY:
            return False
        raise
    return True


def _sign(handle: int) -> None:
    # For a message only: on a full disk the lock holds all the same.
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        signature = f"{os.getpid()}\n{_myself()}\n{process_identity.myself()}\n"
        os.pwrite(handle, signature.encode()[:_SIGNATURE], 0)


def _myself() -> str:
    """Who this process belongs to, and where it runs."""
    return one_line(f"{_user()}@{os.uname().nodename}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # Nobody has this number here, as in many containers.
        return str(os.getuid())


def _signed(handle: int) -> Holder:
    try:
        pid, who, identity, *_rest = (*os.pread(handle, _SIGNATURE, 0).split(b"\n"), b"", b"")
    except OSError:
        return Holder()
    number = int(pid) if pid.isdigit() and len(pid) <= _DIGITS else 0
    return Holder(number, one_line(who.decode("utf-8", "replace")), identity.decode("utf-8", "replace"))
