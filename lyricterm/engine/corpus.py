"""Reading lyrics: a built-in corpus, a UTF-8 text, or a zip archive that holds one (chapter: "read the data set")."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from lyricterm.errors import CorpusError
from lyricterm.i18n import _
from lyricterm.paths import CORPORA, asset
from lyricterm.text import one_line

_CHUNK = 1 << 20
_MAX_CHARACTERS = 1 << 31


@dataclass(frozen=True)
class Corpus:
    """The text that is trained on."""

    name: str
    text: str
    """Newlines and carriage returns are spaces; cut to the first ``max_chars`` characters."""
    total: int
    """How many characters the whole file has."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the text, by which a resumed run knows it again."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def locate(source: str) -> Path:
    """The file of a corpus, given by built-in name or by path."""
    if source in CORPORA:
        return asset(CORPORA[source])
    return Path(os.path.expanduser(source))  # noqa: PTH111 - Path.expanduser raises where ~nobody has no home


def load(source: str, max_chars: int) -> Corpus:
    """Read a corpus by built-in name or by path.

    Raises:
        CorpusError: if there is no such text, or it is not one UTF-8 text with something in it.
    """
    path = locate(source)
    name = source if source in CORPORA else path.name
    try:
        with _open(path, source) as stream:
            text, total = _read(stream, max_chars)
    except UnicodeDecodeError as error:
        sentence = _("{path} is not UTF-8 text (byte {byte:#04x}); save it as UTF-8 and try again.")
        bad = error.object[error.start] if error.start < len(error.object) else 0
        raise CorpusError(sentence.format(path=one_line(source), byte=bad)) from error
    except OSError as error:
        sentence = _("{path} cannot be read: {reason}.")
        raise CorpusError(sentence.format(path=one_line(source), reason=error.strerror or error)) from error
    if not text.strip():
        sentence = _("{path} has no text in it; choose a file with lyrics.")
        raise CorpusError(sentence.format(path=one_line(source)))
    return Corpus(one_line(name), text, total)


def _read(stream: IO[bytes], max_chars: int) -> tuple[str, int]:
    """The first ``max_chars`` characters and the count of all; memory stays bounded by the former."""
    kept: list[str] = []
    total = 0
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as reader:
        while chunk := reader.read(_CHUNK):
            if total < max_chars:
                kept.append(chunk[: max_chars - total])
            total += len(chunk)
            if total > _MAX_CHARACTERS:
                sentence = _("The text has more than {count} characters; cut it into smaller files.")
                raise CorpusError(sentence.format(count=f"{_MAX_CHARACTERS:,}"))
    return "".join(kept).replace("\n", " ").replace("\r", " "), total


@contextmanager
def _open(path: Path, source: str) -> Iterator[IO[bytes]]:
    if path.is_dir():
        sentence = _("{path} is a directory; give the path of a text file in it.")
        raise CorpusError(sentence.format(path=one_line(source)))
    if not path.exists():
        sentence = _("There is no file {path}; give a path to a .txt or .zip, or a built-in corpus: {names}.")
        raise CorpusError(sentence.format(path=one_line(source), names=", ".join(CORPORA)))
    if not path.is_file():
        sentence = _("{path} is not a regular file; give the path of a text file.")
        raise CorpusError(sentence.format(path=one_line(source)))
    if path.suffix.lower() == ".zip" or _starts_as_zip(path):
        with _unzipped(path, source) as stream:
            yield stream
    else:
        with path.open("rb") as stream:
            yield stream


@contextmanager
def _unzipped(path: Path, source: str) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(path) as archive, _member(archive, source) as stream:
            yield stream
    except (CorpusError, UnicodeDecodeError, OSError, MemoryError):
        raise
    except Exception as error:
        # BadZipFile, but a damaged archive can make zipfile and each of its decompressors raise anything.
        sentence = _("{path} is a broken zip archive, or one of an unknown kind; pack the text again.")
        raise CorpusError(sentence.format(path=one_line(source))) from error


def _starts_as_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def _member(archive: zipfile.ZipFile, source: str) -> IO[bytes]:
    texts = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and member.filename.lower().endswith(".txt")
        and not any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/"))
    ]
    if not texts:
        sentence = _("{path} holds no .txt file; pack the lyrics as one .txt.")
        raise CorpusError(sentence.format(path=one_line(source)))
    if len(texts) > 1:
        sentence = _("{path} holds {count} .txt files ({names}); it must hold exactly one.")
        names = ", ".join(one_line(member.filename) for member in texts[:3])
        raise CorpusError(
            sentence.format(path=one_line(source), count=len(texts), names=names + (", …" if len(texts) > 3 else ""))
        )
    if texts[0].flag_bits & 0x1:
        sentence = _("{path} is encrypted; unpack it and give the path of the text.")
        raise CorpusError(sentence.format(path=one_line(source)))
    return archive.open(texts[0])
