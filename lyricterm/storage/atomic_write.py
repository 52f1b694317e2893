"""Files that are whole at any moment, and files that grow by whole lines.

Every call of the operating system is looked up in ``os`` when it is made.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lyricterm.core.strict_json import decoded, encoded

READ_LIMIT = 64 << 20
"""Bytes that ``read_lines`` reads of a file unless told otherwise."""

_MODE = 0o644
_MAX_NAME = 60
"""Characters, of up to 4 bytes each, that a temporary file's name takes from the file's."""
_MAX_LINE = 1 << 20
_CHUNK = 1 << 20
_AT_ONCE = 64 << 20
_PART = re.compile(r"\..+\.([0-9]{1,10})(?:-[0-9]+)?\.part", re.DOTALL)
_WRITES = itertools.count(1)
_LEFT: dict[Path, Path] = {}
"""Of a path, the temporary file that could not be removed: the next write takes its name, so they do not pile up."""
_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def temporary_of(path: Path) -> Path:
    """Where this process writes the next content of ``path`` before it takes its place; another at each call."""
    return path.with_name(f".{path.name[:_MAX_NAME]}.{os.getpid()}-{next(_WRITES)}.part")


def writer_of(name: str) -> int | None:
    """The process id in a temporary file's name; None if the name is not one of those."""
    found = _PART.fullmatch(name)
    return int(found[1]) if found else None


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file at ``path``, or make it; it is always a whole one, the old or the new.

    A link stays one; the file that it names is replaced. An older file's permissions are kept. Of two writers of one
    path the later one wins; neither sees the other's temporary file.

    Raises:
        OSError: if it cannot be written, with its path; what was there before is still there, unless only its
            folder could not be brought to the disk.
    """
    with _naming(path):
        # What a link names is replaced, not the link.
        _write_whole(Path(os.path.realpath(path)) if path.is_symlink() else path, content)


def _write_whole(path: Path, content: bytes) -> None:
    mode = _mode_of(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    temporary = _LEFT.pop(path, None) or temporary_of(path)
    try:
        _fill(temporary, content, mode)
        os.replace(temporary, path)
        _sync_folder(folder)
    except BaseException:
        _remove(temporary, path)
        raise
    finally:
        os.close(folder)


def _remove(temporary: Path, path: Path) -> None:
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    except OSError:
        _LEFT[path] = temporary


def append_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add JSON objects to a file, one a line: infinity is the string "inf", NaN is null.

    A line that a crash has torn is closed first.

    Raises:
        OSError: if they cannot be written, with the file's path; the file is as long as before.
        ValueError: if a row holds something that JSON cannot.
    """
    if rows:
        with _naming(path):
            _append(path, b"".join(map(encoded, rows)))


def _append(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, _MODE)
    try:
        length = os.fstat(handle).st_size
        torn = length > 0 and os.pread(handle, 1, length - 1) != b"\n"
        try:
            _write(handle, b"\n" + content if torn else content)
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, length)
            raise
    finally:
        os.close(handle)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """An error names the file that was to be written, not a temporary one, and not nothing."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def read_lines(path: Path, limit: int = READ_LIMIT) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line; what is torn, foreign, too deep or over 1 MiB is skipped.

    Of a file of more than ``limit`` bytes only the last ``limit`` are read. A missing file yields nothing,
    nor does what is no regular file.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    for line in _lines(path, limit):
        row = _object(line)
        if row is not None:
            yield row


def read_lines_back(path: Path, limit: int) -> Iterator[dict[str, Any]]:
    """As ``read_lines``, the last line first; what is not asked for is not decoded.

    Raises:
        OSError: if the file is there but cannot be read.
    """
    for line in reversed(list(_lines(path, limit))):
        row = _object(line)
        if row is not None:
            yield row


def read_regular(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises:
        OSError: if it cannot be read, is no regular file (EINVAL), or is longer (EFBIG).
    """
    with _opened(path) as handle:
        content = b""
        while len(content) <= limit and (chunk := os.read(handle, limit + 1 - len(content))):
            content += chunk
    if len(content) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


@contextlib.contextmanager
def utf8_name(path: Path) -> Iterator[str]:
    """A name of a file that is UTF-8, which a file's own name need not be, for a library that wants it so.

    Raises:
        OSError: if the file cannot be opened.
    """
    name = str(path)
    if name.isascii() or name.encode("utf-8", "ignore").decode() == name:
        yield name
        return
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield f"/dev/fd/{handle}"
    finally:
        os.close(handle)


def _mode_of(path: Path) -> int | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        # Not over a folder, and not over a device either.
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(number, os.strerror(number), str(path))
    return stat.S_IMODE(mode) & 0o777


def _fill(temporary: Path, content: bytes, mode: int | None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    handle = os.open(temporary, flags, _MODE if mode is None else mode)
    try:
        if mode is not None:
            # Some file systems keep no permissions.
            with contextlib.suppress(OSError):
                os.fchmod(handle, mode)
        _write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        written = os.write(handle, rest[:_AT_ONCE])
        if written <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def _sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    # Without O_NONBLOCK, a pipe in a file's place would hold the program up.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        yield handle
    finally:
        os.close(handle)


def _lines(path: Path, limit: int) -> Iterator[bytes]:
    """The lines of the last ``limit`` bytes, those over ``_MAX_LINE`` left out."""
    try:
        with _opened(path) as handle:
            yield from _split(handle, max(0, limit))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
            raise


def _split(handle: int, limit: int) -> Iterator[bytes]:
    start = max(0, os.fstat(handle).st_size - limit)
    line, skipping = b"", False
    if start:
        os.lseek(handle, start - 1, os.SEEK_SET)
        skipping = os.read(handle, 1) != b"\n"
    left = limit
    while left > 0 and (chunk := os.read(handle, min(_CHUNK, left))):
        left -= len(chunk)
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            if not skipping and len(line) + len(part) <= _MAX_LINE:
                yield line + part
            line, skipping = b"", False
        line += rest
        if len(line) > _MAX_LINE:
            line, skipping = b"", True
    if line and not skipping:
        yield line


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        row = decoded(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
