"""Large texts that were read before: cleaned and indexed, found again by their content, in a folder of bounded size."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any

from lyricterm.core.i18n import translator
from lyricterm.core.paths import texts_folder
from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus.gathered import MAPPED
from lyricterm.corpus.mapped import MappedText, stored
from lyricterm.corpus.sources import Source
from lyricterm.corpus.spool import PREFIX, Spool
from lyricterm.corpus.text import Corpus, FileRead
from lyricterm.storage.atomic_write import temporary_of

WORTH = 4_000_000
"""Bytes of all files from which on a text is kept."""
ROOM = 500_000_000
"""Bytes that all texts together may take; the one that was used longest ago goes first, the newest never."""

_FORMAT = 5
_ABANDONED = 86_400.0
"""Seconds after which a spool belongs to no program that still reads."""
_CHUNK = 1 << 20
_LENGTH = 8
_MAX_HEADER = 64 << 20
_ENDING = ".text"


def _nothing(*_about: object) -> None:
    """Nobody watches."""


def size_of(sources: Sequence[Source]) -> int:
    """Bytes of the files as they lie on the disk.

    Raises:
        OSError: if one cannot be looked at.
    """
    return sum(path.stat().st_size for path in _paths(sources))


def key_of(
    sources: Sequence[Source], settings: TextSettings, beyond: int, read: Callable[[int], None] = _nothing
) -> str | None:
    """What a text is found by: the content of its files, and what is made of it. None if it is not worth keeping.

    Args:
        sources: the files.
        settings: what is made of them.
        beyond: characters behind it that are wanted too.
        read: is told how many bytes are read; may raise to stop.

    Raises:
        OSError: if a file cannot be read.
    """
    if size_of(sources) < WORTH:
        return None
    told = {field.name: getattr(settings, field.name) for field in fields(TextSettings)}
    names = [source.shown for source in sources]
    said = json.dumps([_FORMAT, told, names, beyond, translator.language], sort_keys=True)
    key = hashlib.sha256(said.encode(errors="surrogatepass"))
    done = 0
    for path in _paths(sources):
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                digest.update(piece)
                done += len(piece)
                read(done)
        key.update(digest.digest())
    return key.hexdigest()


def _paths(sources: Sequence[Source]) -> list[Path]:
    return list(dict.fromkeys(source.path for source in sources))


def recall(key: str, look: Callable[[], None] = _nothing) -> Corpus | None:
    """The text that was kept under this key; None if there is none, or it is damaged.

    ``look`` is called while it is checked, and may raise to stop.
    """
    path = texts_folder() / (key + _ENDING)
    try:
        with path.open("rb") as file:
            header = _header(file)
        text = MappedText.open(path, header["length"], header["characters"])
        if _digest(text, look) != header["digest"]:
            return None
        os.utime(path)
        return _corpus(header["corpus"], text).known(header["fingerprint"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def keep(key: str, corpus: Corpus, spool: Spool | None = None) -> None:
    """Keep a text, the indices of a very long one as they lie in its spool; a full disk is no failure."""
    folder = texts_folder()
    path = folder / (key + _ENDING)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = spool.path if spool is not None and spool.path.parent == folder else temporary_of(path)
        try:
            _write(temporary, corpus)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _make_room(folder)


def _header(file: IO[bytes]) -> dict[str, Any]:
    """What stands behind the indices: a JSON object, and how long it is.

    Raises:
        ValueError: if that cannot be.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _LENGTH))
    length = int.from_bytes(file.read(_LENGTH), "little")
    if length > min(_MAX_HEADER, end - _LENGTH):
        raise ValueError(length)
    file.seek(end - _LENGTH - length)
    header: dict[str, Any] = json.loads(file.read(length))
    return header


def _digest(text: MappedText, look: Callable[[], None] = _nothing) -> str:
    """Of the indices."""
    digest = hashlib.sha256()
    for start in range(0, len(text), _CHUNK):
        digest.update(text.indices[start : start + _CHUNK].data)
        text.release()
        look()
    return digest.hexdigest()


def _corpus(told: dict[str, Any], text: MappedText) -> Corpus:
    files = tuple(FileRead(**file) for file in told.pop("files"))
    notes, starts = tuple(told.pop("notes")), tuple(told.pop("beginnings"))
    whole = text if len(text) > MAPPED else text[:]
    return Corpus(text=whole, files=files, notes=notes, beginnings=starts, **told)


def _write(path: Path, corpus: Corpus) -> None:
    """The indices, unless they are there, the header, and its length."""
    if isinstance(corpus.text, str):
        indices = corpus.indices.astype(stored(len(corpus.characters)))
        path.write_bytes(indices.data)
    text = corpus.text if isinstance(corpus.text, MappedText) else None
    told = {
        "name": corpus.name,
        "total": corpus.total,
        "beyond": corpus.beyond,
        "files": [asdict(file) for file in corpus.files],
        "notes": corpus.notes,
        "beginnings": corpus.beginnings,
        "repeated": corpus.repeated,
    }
    header = {
        "corpus": told,
        "length": len(corpus.text),
        "characters": corpus.characters,
        "fingerprint": corpus.fingerprint,
        "digest": _digest(text or MappedText.open(path, len(corpus.text), corpus.characters)),
    }
    encoded = json.dumps(header).encode()
    with path.open("ab") as file:
        file.write(encoded)
        file.write(len(encoded).to_bytes(_LENGTH, "little"))


def _make_room(folder: Path) -> None:
    """The newest stays in any case."""
    kept = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: path.stat().st_mtime, reverse=True)
    taken = 0
    for number, path in enumerate(kept):
        taken += path.stat().st_size
        if number and taken > ROOM:
            path.unlink(missing_ok=True)
    for path in folder.glob(f"{PREFIX}*"):
        if path.stat().st_mtime < time.time() - _ABANDONED:
            path.unlink(missing_ok=True)
