"""Reading lyrics: a built-in corpus, a UTF-8 text, or a zip archive that holds one (chapter: "read the data set").

A file is foreign. Its size is checked before it is read, a member's before it is unpacked, and both are counted
again while they are read; nothing is ever written, so a path inside an archive leads nowhere.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.paths import CORPORA, asset
from lyricterm.core.sanitize import brief, one_line
from lyricterm.core.visitor import visitor

_CHUNK = 1 << 20
"""Bytes read at once."""
_MAX_BYTES = 2_000_000_000
"""Of a text, packed or not; read and counted in a few seconds."""
_MAX_DIRECTORY = 1 << 20
"""Bytes that a zip archive's list of contents may take: more than ten thousand files."""
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that Python unpacks a bounded piece at a time; of the others a few kilobytes can become gigabytes at once."""
_MAX_NULS = 0.25
"""Share of NUL characters above which a file is no text (half of an English text in UTF-16 is)."""
_NAME = 60
"""Characters of a member's name that a sentence shows."""


@dataclass(frozen=True)
class Corpus:
    """The text that is trained on."""

    name: str
    text: str
    """Newlines and carriage returns are spaces; cut to the first ``max_chars`` characters."""
    total: int
    """How many characters the whole file has."""
    beyond: str = ""
    """What follows the text in the file, as much of it as was asked for."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the text, by which a resumed run knows it again."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def locate(source: str) -> Path:
    """The file of a corpus, given by built-in name or by path.

    Raises:
        CorpusError: if whoever asks is a visitor from a browser, and the server does not offer this text.
    """
    if source in CORPORA:
        return asset(CORPORA[source])
    guest = visitor()
    if guest is not None:
        offered = guest.path(source)
        if offered is None:
            raise CorpusError(guest.refusal(source))
        return offered
    return Path(os.path.expanduser(source))  # noqa: PTH111 - Path.expanduser raises where ~nobody has no home


def load(source: str, max_chars: int, beyond: int = 0) -> Corpus:
    """Read a corpus by built-in name or by path.

    Args:
        source: the name or the path.
        max_chars: characters that are trained on at most.
        beyond: characters behind them that are wanted too.

    Raises:
        CorpusError: if there is no such text, or it is not one UTF-8 text with something in it.
    """
    shown = brief(source)
    try:
        path = _regular_file(source, shown)
        with _open(path, shown) as (stream, size):
            text, total = _read(stream, size, max_chars + beyond, shown)
    except OSError as error:
        sentence = _("{path} cannot be read: {reason}; choose another file.")
        raise CorpusError(sentence.format(path=shown, reason=error.strerror or error)) from error
    except MemoryError as error:
        sentence = _("{path} does not fit into memory; take fewer characters of it with --max-chars.")
        raise CorpusError(sentence.format(path=shown)) from error
    text, rest = text[:max_chars], text[max_chars:]
    if not text.strip():
        sentence = _("{path} has no text in it; choose a file with lyrics.")
        raise CorpusError(sentence.format(path=shown))
    return Corpus(one_line(source if source in CORPORA else path.name), text, total, rest)


def _regular_file(source: str, shown: str) -> Path:
    try:
        path = locate(source)
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        # ValueError: a NUL or a lone surrogate, which no file's name has.
        sentence = _("There is no file {path}; give a path to a .txt or .zip, or a built-in corpus: {names}.")
        raise CorpusError(sentence.format(path=shown, names=", ".join(CORPORA))) from error
    _check_kind(mode, shown)
    return path


def _check_kind(mode: int, shown: str) -> None:
    if stat.S_ISDIR(mode):
        sentence = _("{path} is a directory; give the path of a text file in it.")
        raise CorpusError(sentence.format(path=shown))
    if not stat.S_ISREG(mode):
        sentence = _("{path} is not a regular file; give the path of a text file.")
        raise CorpusError(sentence.format(path=shown))


@contextmanager
def _open(path: Path, shown: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """The text's bytes and, where that is declared, how many there are."""
    with _opened(path) as file:
        status = os.fstat(file.fileno())
        _check_kind(status.st_mode, shown)
        _check_size(status.st_size, shown)
        if path.suffix.lower() == ".zip" or _starts_as_zip(file):
            with _unzipped(file, shown) as found:
                yield found
        else:
            yield file, None


def _opened(path: Path) -> _Bounded:
    # Should it have become a pipe since, opening it must not wait for a writer.
    return _Bounded(io.FileIO(path, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)))


class _Bounded(io.BufferedReader):
    """A file of which no more than the largest list of contents is read at once, however much is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file.

        Raises:
            _TooMuchError: if there is more than may be read at once.
        """
        wanted = _MAX_DIRECTORY + 1 if size is None or size < 0 else min(size, _MAX_DIRECTORY + 1)
        content = super().read(wanted)
        if content is None:
            raise BlockingIOError
        if len(content) > _MAX_DIRECTORY:
            raise _TooMuchError
        return content


class _TooMuchError(Exception):
    """A zip archive's list of contents is too long to be read."""


def _check_size(size: int, shown: str) -> None:
    if size > _MAX_BYTES:
        sentence = _("{path} has more than {most} MB; cut the text into smaller files.")
        raise CorpusError(sentence.format(path=shown, most=f"{_MAX_BYTES / 1e6:,.0f}"))


def _starts_as_zip(file: IO[bytes]) -> bool:
    start = file.read(4)
    file.seek(0)
    return start == b"PK\x03\x04"


@contextmanager
def _unzipped(file: IO[bytes], shown: str) -> Iterator[tuple[IO[bytes], int]]:
    try:
        with zipfile.ZipFile(file) as archive:
            member = _member(archive, shown)
            with archive.open(member) as stream:
                yield stream, member.file_size
    except (CorpusError, OSError, MemoryError):
        raise
    except _TooMuchError as error:
        sentence = _("{path} holds too many files to look through; pack the lyrics as one .txt.")
        raise CorpusError(sentence.format(path=shown)) from error
    except Exception as error:
        # BadZipFile, but a damaged archive can make zipfile and its decompressor raise anything.
        raise CorpusError(_broken_zip(shown)) from error


def _broken_zip(shown: str) -> str:
    sentence = _("{path} is a broken zip archive, or one of an unknown kind; pack the text again.")
    return sentence.format(path=shown)


def _member(archive: zipfile.ZipFile, shown: str) -> zipfile.ZipInfo:
    """The archive's one text, if it can be unpacked within bounds."""
    texts = [member for member in archive.infolist() if _is_text(member)]
    if not texts:
        sentence = _("{path} holds no .txt file; pack the lyrics as one .txt.")
        raise CorpusError(sentence.format(path=shown))
    if len(texts) > 1:
        sentence = _("{path} holds {count} .txt files ({names}); it must hold exactly one.")
        names = ", ".join(brief(member.filename, _NAME) for member in texts[:3])
        raise CorpusError(
            sentence.format(path=shown, count=len(texts), names=names + (", …" if len(texts) > 3 else ""))
        )
    (member,) = texts
    if member.flag_bits & 0x1:
        sentence = _("{path} is encrypted; unpack it and give the path of the text.")
        raise CorpusError(sentence.format(path=shown))
    if member.compress_type not in _PACKINGS:
        sentence = _("{path} is packed in a way that is not read here; unpack it and give the path of the text.")
        raise CorpusError(sentence.format(path=shown))
    _check_size(member.file_size, f"{shown}: {brief(member.filename, _NAME)}")
    return member


def _is_text(member: zipfile.ZipInfo) -> bool:
    """A .txt, and none of those that a Mac adds to its archives."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/"))
    return not member.is_dir() and member.filename.lower().endswith(".txt") and not hidden


def _read(stream: IO[bytes], declared: int | None, max_chars: int, shown: str) -> tuple[str, int]:
    """The first ``max_chars`` characters and the count of all; memory stays bounded by the former."""
    kept: list[str] = []
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    total = size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        # A file may grow while it is read.
        _check_size(size, shown)
        text = _decoded(decoder, chunk, shown)
        if not total and text.count("\0") > _MAX_NULS * len(text):
            sentence = _("{path} is not UTF-8 text (it is full of NUL bytes); save it as UTF-8 and try again.")
            raise CorpusError(sentence.format(path=shown))
        if total < max_chars:
            kept.append(text[: max_chars - total].replace("\n", " ").replace("\r", " "))
        total += len(text)
    _decoded(decoder, b"", shown)
    if declared is not None and size != declared:
        raise CorpusError(_broken_zip(shown))
    return "".join(kept), total


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, shown: str) -> str:
    """The next characters; an empty chunk says that there are no more."""
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        sentence = _("{path} is not UTF-8 text (byte {byte:#04x}); save it as UTF-8 and try again.")
        raise CorpusError(sentence.format(path=shown, byte=error.object[error.start])) from error
