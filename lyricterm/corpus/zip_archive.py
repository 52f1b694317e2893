"""The texts in a zip archive. Nothing is ever written, so a path inside an archive leads nowhere."""

from __future__ import annotations

import bz2
import contextlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import IO

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief
from lyricterm.corpus.legacy_encodings import likeliest
from lyricterm.corpus.unpack import (
    MAX_BYTES,
    ZSTANDARD,
    Decompressed,
    named_damage,
    too_large,
    unpack_xz,
    unpack_zstandard,
)

_MAX_DIRECTORY = 1 << 20
"""Bytes that a zip archive's list of contents may take: more than ten thousand files."""
_MAX_DICTIONARY = 128 << 20
"""Bytes that LZMA may look back."""
_ZSTANDARD, _XZ = 93, 95
"""Ways of packing, by their numbers in the format."""
_DOS = "cp437"
_SINGLE_LETTERS = re.compile("[\xc0-\xff]?(?:[\0-\x7f]+[\xc0-\xff])*[\0-\x7f]*")
"""Accented letters one by one, as in the languages of the west."""
_MOSTLY = 0.5
"""Share of the foreign characters of names that are usual in the language, from which on it is believed."""
_SURE = 0.9
"""Probability of an encoding below which names that may be Chinese, as most are, are taken for that."""
_OF_NAMES = ("gb18030", "big5hkscs", "cp932", "cp949", "cp866")
"""What archives of the east name files in."""
_IS_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
"""Marks of a member, and of a name that is UTF-8."""
_LOOKED_INTO, _SAMPLE = 4, 4096
"""Members that are looked into where names alone do not tell their encoding, and bytes of one."""
_SCRIPTS = {"cp949": re.compile("[\uac00-\ud7a3]"), "cp932": re.compile("[\u3041-\u30fe]")}
"""Letters that only one language has."""
_ENOUGH = 0.25
"""Share of the foreign characters of a text that they have if it is in that language."""
_NAME = 60
"""Characters of a member's name that a sentence shows."""


class TooMuchError(Exception):
    """A zip archive's list of contents is too long to be read."""


class BoundedFile(io.BufferedReader):
    """A file of which no more than the largest list of contents is read at once, however much is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file.

        Raises:
            TooMuchError: if there is more than may be read at once.
        """
        wanted = _MAX_DIRECTORY + 1 if size is None or size < 0 else min(size, _MAX_DIRECTORY + 1)
        content = super().read(wanted)
        if content is None:
            raise BlockingIOError
        if len(content) > _MAX_DIRECTORY:
            raise TooMuchError
        return content


class Archive:
    """A zip archive that is being read."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        """Read the list of contents.

        Raises:
            CorpusError: if it is none, or too long.
        """
        self._file, self._shown = file, shown
        try:
            self._zip = zipfile.ZipFile(file)
        except TooMuchError as error:
            sentence = _("{path} holds too many files to look through; pack the lyrics as one .txt.")
            raise CorpusError(sentence.format(path=shown)) from error
        except (OSError, MemoryError):
            raise
        except Exception as error:
            # BadZipFile, but a damaged archive can make zipfile raise anything.
            raise CorpusError(broken(shown)) from error

    @cached_property
    def _codec(self) -> str:
        """What the names without the mark of UTF-8 are in; zipfile takes them for names of DOS."""
        members = [member for member in self._zip.infolist() if not _is_plain(member)]
        return _codec_of(b"\n".join(map(_bytes_of, members)), partial(self._sample, members))

    def _sample(self, members: Sequence[zipfile.ZipInfo]) -> bytes:
        """The beginning of the first member that can be read; nothing if there is none among the first few."""
        for member in members[:_LOOKED_INTO]:
            if member.flag_bits & _IS_ENCRYPTED or member.compress_type not in _METHODS:
                continue
            with contextlib.suppress(CorpusError), named_damage(""):
                return _METHODS[member.compress_type](self, member).read(_SAMPLE)
        return b""

    def members(self) -> list[zipfile.ZipInfo]:
        """The files in it, without those that a Mac adds and other hidden ones."""
        named = [member for member in self._zip.infolist() if member.filename]
        return [member for member in named if not member.is_dir() and not _hidden(member.filename)]

    def show(self, member: zipfile.ZipInfo) -> str:
        """The archive's and the member's name."""
        return f"{self._shown}: {brief(self._name_of(member), _NAME)}"

    def _name_of(self, member: zipfile.ZipInfo) -> str:
        return member.filename if _is_plain(member) else _bytes_of(member).decode(self._codec, "replace")

    def open(self, member: zipfile.ZipInfo) -> IO[bytes]:
        """A member's bytes, unpacked piece by piece and checked against its length and checksum.

        Raises:
            CorpusError: if it is encrypted, too large, or packed in a way that is not read here.
        """
        shown = self.show(member)
        if member.flag_bits & _IS_ENCRYPTED:
            sentence = _("{path} is protected by a password; unpack it and give the path of the text.")
            raise CorpusError(sentence.format(path=shown))
        if member.file_size > MAX_BYTES:
            raise CorpusError(too_large(shown))
        if member.compress_type not in _METHODS:
            sentence = _(
                "{path} is packed with {method}, which this Python does not read; unpack it, or pack it with Deflate."
            )
            method = _NAMES.get(member.compress_type, str(member.compress_type))
            raise CorpusError(sentence.format(path=shown, method=method))
        with named_damage(shown):
            return io.BufferedReader(_Checked(_METHODS[member.compress_type](self, member), member))

    def native(self, member: zipfile.ZipInfo) -> IO[bytes]:
        """As zipfile unpacks it."""
        return self._zip.open(member)

    def packed(self, member: zipfile.ZipInfo) -> IO[bytes]:
        """A member's bytes as they lie in the archive."""
        self._file.seek(member.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        name, extra = struct.unpack("<HH", header[26:30])
        return io.BufferedReader(_Slice(self._file, member.header_offset + 30 + name + extra, member.compress_size))


def broken(shown: str) -> str:
    """What is said of a damaged archive."""
    sentence = _("{path} is a broken zip archive, or one of an unknown kind; pack the text again.")
    return sentence.format(path=shown)


def leads_out(name: str) -> bool:
    """Whether a member's name, taken as a path, would leave the archive."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":"


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Whether the name is what was meant; newer Pythons take it from a field of its own, if there is one."""
    if member.flag_bits & _IS_UTF8 or member.filename.isascii():
        return True
    try:
        return not _bytes_of(member)
    except UnicodeEncodeError:
        return True


def _bytes_of(member: zipfile.ZipInfo) -> bytes:
    return member.filename.encode(_DOS)


def _codec_of(names: bytes, sample: Callable[[], bytes]) -> str:
    """UTF-8 if they are that, else the likeliest encoding of the east, else that of DOS.

    Two or three characters may be Korean as well as Chinese: then the language of the text inside decides.
    """
    with contextlib.suppress(UnicodeError):
        names.decode("utf-8")
        return "utf-8"
    if _SINGLE_LETTERS.fullmatch(names.decode(_DOS)):
        return _DOS
    guess = likeliest(names, "surrogateescape", _OF_NAMES)
    if guess.usual > _MOSTLY and guess.probability > _SURE:
        return guess.codec
    for codec in filter(None, (_codec_of_text(sample()), "gb2312")):
        with contextlib.suppress(UnicodeError):
            names.decode(codec)
            return codec
    return guess.codec if guess.usual > _MOSTLY else _DOS


def _codec_of_text(sample: bytes) -> str:
    """The encoding of the east that a text is in, or would be in if it were not UTF-8; empty if that is not sure."""
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(sample) - error.start > 3:
            guess = likeliest(sample, "surrogateescape", _OF_NAMES)
            return guess.codec if guess.usual > _MOSTLY and guess.probability > _SURE else ""
        text = sample[: error.start].decode("utf-8")
    enough = _ENOUGH * sum(character > "\x7f" for character in text)
    return next((codec for codec, letters in _SCRIPTS.items() if len(letters.findall(text)) > enough), "")


def _hidden(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith("__MACOSX") or (part.startswith(".") and part not in (".", "..")) for part in parts)


class _Slice(io.RawIOBase):
    """A part of a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._at, self._left = file, start, size

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something."""
        self._file.seek(self._at)
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._at, self._left = self._at + len(piece), self._left - len(piece)
        return len(piece)


class _Checked(io.RawIOBase):
    """A member's bytes, counted and summed while they are read."""

    def __init__(self, stream: IO[bytes], member: zipfile.ZipInfo) -> None:
        self._stream, self._member = stream, member
        self._size = self._sum = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer.

        Raises:
            BadZipFile: if the member is not what the list of contents says.
        """
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._size, self._sum = self._size + len(piece), zlib.crc32(piece, self._sum)
        if self._size > self._member.file_size:
            raise zipfile.BadZipFile
        if not piece and (self._size, self._sum) != (self._member.file_size, self._member.CRC):
            raise zipfile.BadZipFile
        return len(piece)


def _native(archive: Archive, member: zipfile.ZipInfo) -> IO[bytes]:
    return archive.native(member)


def _bzip2(archive: Archive, member: zipfile.ZipInfo) -> IO[bytes]:
    # zipfile unpacks all that it has read at once, and a few kilobytes can become gigabytes.
    return bz2.BZ2File(archive.packed(member))


def _lzma(archive: Archive, member: zipfile.ZipInfo) -> IO[bytes]:
    stream = archive.packed(member)
    header = stream.read(4)
    size = int.from_bytes(header[2:4], "little")
    properties = stream.read(size)
    if size != 5 or len(properties) != 5:
        raise zipfile.BadZipFile
    packed, dictionary = struct.unpack("<BI", properties)
    if dictionary > _MAX_DICTIONARY:
        raise zipfile.BadZipFile
    bits, lc = divmod(packed, 9)
    pb, lp = divmod(bits, 5)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": max(4096, dictionary), "lc": lc, "lp": lp, "pb": pb}]
    return io.BufferedReader(
        Decompressed(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), marked=False)
    )


def _xz(archive: Archive, member: zipfile.ZipInfo) -> IO[bytes]:
    return unpack_xz(archive.packed(member))


def _zstandard(archive: Archive, member: zipfile.ZipInfo) -> IO[bytes]:
    return unpack_zstandard(archive.packed(member))


_METHODS: Mapping[int, Callable[[Archive, zipfile.ZipInfo], IO[bytes]]] = {
    zipfile.ZIP_STORED: _native,
    zipfile.ZIP_DEFLATED: _native,
    zipfile.ZIP_BZIP2: _bzip2,
    zipfile.ZIP_LZMA: _lzma,
    _XZ: _xz,
} | ({_ZSTANDARD: _zstandard} if ZSTANDARD else {})
"""The ways in which members are packed that are read here."""
_NAMES = {1: "Shrink", 6: "Implode", 9: "Deflate64", 20: "Zstandard", _ZSTANDARD: "Zstandard", _XZ: "XZ", 98: "PPMd"}
