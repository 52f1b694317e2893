"""A file's bytes, unpacked a bounded piece at a time: whatever is packed, memory and total stay bounded."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import IO, cast

from lyricterm.core.errors import CorpusError, LyrictermError
from lyricterm.core.i18n import _

CHUNK = 1 << 20
"""Bytes read at once."""
MAX_BYTES = 2_000_000_000
"""Of all the files of a text together, unpacked; read and counted in a few seconds."""
_LZMA_MEMORY = 100 << 20
"""Bytes; the largest that xz -9 wants are 65 million."""

ZSTANDARD = sys.version_info >= (3, 14)
"""Python reads Zstandard."""
_ZSTANDARD_WINDOW = 27
"""Powers of two that a stream may look back: 128 MB, as the command zstd allows by itself."""

Unpack = Callable[[IO[bytes]], IO[bytes]]


class NotReadHereError(Exception):
    """Python reads Zstandard from 3.14 on."""


class Decompressed(io.RawIOBase):
    """What an LZMA stream unpacks to; gives no more at once than it is asked for."""

    def __init__(self, packed: IO[bytes], make: Callable[[], lzma.LZMADecompressor], marked: bool = True) -> None:
        """``marked`` if the stream says itself where it ends; else it ends with its bytes."""
        self._packed, self._make, self._marked = packed, make, marked
        self._decompressor = make()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something; 0 at the end.

        Raises:
            EOFError: if the stream is cut off.
        """
        while True:
            if self._decompressor.eof:
                rest = self._decompressor.unused_data or self._packed.read(CHUNK)
                if not rest.strip(b"\0"):
                    return 0
                self._decompressor = self._make()
            else:
                rest = self._packed.read(1 << 16) if self._decompressor.needs_input else b""
                if not rest and self._decompressor.needs_input:
                    if self._marked:
                        raise EOFError
                    return 0
            piece = self._decompressor.decompress(rest, len(buffer))
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)


def _gzip(file: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file))


def unpack_xz(file: IO[bytes]) -> IO[bytes]:
    """What an XZ stream unpacks to, in bounded memory."""
    return io.BufferedReader(Decompressed(file, lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)))


def unpack_zstandard(file: IO[bytes]) -> IO[bytes]:
    """What a Zstandard stream unpacks to, in bounded memory.

    Raises:
        NotReadHereError: where ``ZSTANDARD`` says that this Python cannot.
    """
    if not ZSTANDARD:
        raise NotReadHereError
    zstd = import_module("compression.zstd")
    unpacked = zstd.ZstdFile(file, options={zstd.DecompressionParameter.window_log_max: _ZSTANDARD_WINDOW})
    return cast("IO[bytes]", unpacked)


PACKINGS: Mapping[str, tuple[bytes, Unpack]] = {
    ".gz": (b"\x1f\x8b", _gzip),
    ".bz2": (b"BZh", lambda file: bz2.BZ2File(file)),
    ".xz": (b"\xfd7zXZ\0", unpack_xz),
    ".zst": (b"\x28\xb5\x2f\xfd", unpack_zstandard),
}
"""Ending to the first bytes of such a file, and what unpacks it."""


class Meter:
    """Counts the bytes of all files of a text."""

    def __init__(self, total: int = 0, report: Callable[[int, int], None] | None = None) -> None:
        """``report`` is told how many bytes there are now, of about how many; it may raise to stop the reading."""
        self.bytes = 0
        self._total, self._report = total, report

    def add(self, count: int, shown: str) -> None:
        """So many more.

        Raises:
            CorpusError: if these are too many.
        """
        self.bytes += count
        if self.bytes > MAX_BYTES:
            raise CorpusError(too_large(shown))
        if self._report is not None:
            self._report(self.bytes, max(self.bytes, self._total))


def too_large(shown: str) -> str:
    """What is said of a text of more than 2 GB."""
    sentence = _("{path} has more than {most} MB; cut the text into smaller files.")
    return sentence.format(path=shown, most=f"{MAX_BYTES / 1e6:,.0f}")


def chunks(stream: IO[bytes], meter: Meter, shown: str) -> Iterator[bytes]:
    """The bytes in pieces, each full but the last.

    Raises:
        CorpusError: if there are too many, or they are packed and damaged.
    """
    with named_damage(shown):
        while piece := stream.read(CHUNK):
            meter.add(len(piece), shown)
            yield piece


@contextlib.contextmanager
def named_damage(shown: str) -> Iterator[None]:
    """Whatever a decompressor raises at a damaged file becomes a sentence.

    Raises:
        CorpusError: that sentence.
        OSError: what the operating system says.
    """
    try:
        yield
    except (LyrictermError, MemoryError, GeneratorExit):
        raise
    except NotReadHereError as error:
        sentence = _("{path} is packed with Zstandard, which Python reads from 3.14 on; unpack it with zstd -d.")
        raise CorpusError(sentence.format(path=shown)) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        sentence = _("{path} is damaged or cut off; make it or fetch it again.")
        raise CorpusError(sentence.format(path=shown)) from error
