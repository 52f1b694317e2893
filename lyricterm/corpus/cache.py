"""Large texts that were read before: cleaned and indexed, found again by their content, in a folder of bounded size."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from lyricterm.core.i18n import translator
from lyricterm.core.paths import texts_folder
from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus import index
from lyricterm.corpus.sources import Source
from lyricterm.corpus.text import Corpus, FileRead
from lyricterm.storage.atomic_write import temporary_of

WORTH = 4_000_000
"""Bytes of all files from which on a text is kept."""
ROOM = 500_000_000
"""Bytes that all texts together may take; the one that was used longest ago goes first."""

_FORMAT = 1
_LENGTH = 8
_MAX_HEADER = 64 << 20
_ENDING = ".text"


def key_of(sources: Sequence[Source], settings: TextSettings, beyond: int) -> str | None:
    """What a text is found by: the content of its files, and what is made of it. None if it is not worth keeping.

    Raises:
        OSError: if a file cannot be read.
    """
    paths = list(dict.fromkeys(source.path for source in sources))
    if sum(path.stat().st_size for path in paths) < WORTH:
        return None
    told = {field.name: getattr(settings, field.name) for field in fields(TextSettings)}
    names = [source.shown for source in sources]
    said = json.dumps([_FORMAT, told, names, beyond, translator.language], sort_keys=True)
    key = hashlib.sha256(said.encode(errors="surrogatepass"))
    for path in paths:
        with path.open("rb") as file:
            key.update(hashlib.file_digest(file, "sha256").digest())
    return key.hexdigest()


def recall(key: str) -> Corpus | None:
    """The text that was kept under this key; None if there is none, or it is damaged."""
    path = texts_folder() / (key + _ENDING)
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH), "little")
            if length > _MAX_HEADER:
                return None
            header: dict[str, Any] = json.loads(file.read(length))
            text = file.read(header["bytes"])
            if hashlib.sha256(text).hexdigest() != header["fingerprint"]:
                return None
            corpus = _corpus(header, text.decode())
            corpus = corpus.with_index(header["characters"], file.read(), header["fingerprint"])
        os.utime(path)
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return corpus


def keep(key: str, corpus: Corpus) -> None:
    """Keep a text; a disk that does not take it is no failure."""
    folder = texts_folder()
    path = folder / (key + _ENDING)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = temporary_of(path)
        try:
            _write(temporary, corpus)
            if temporary.stat().st_size <= ROOM // 2:
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _make_room(folder)


def _corpus(header: dict[str, Any], text: str) -> Corpus:
    told = header["corpus"]
    files = tuple(FileRead(**file) for file in told.pop("files"))
    notes, beginnings = tuple(told.pop("notes")), tuple(told.pop("beginnings"))
    return Corpus(text=text, files=files, notes=notes, beginnings=beginnings, **told)


def _write(path: Path, corpus: Corpus) -> None:
    """The length of the header, the header, the text, its indices."""
    text = corpus.text.encode()
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
        "bytes": len(text),
        "fingerprint": corpus.fingerprint,
        "characters": corpus.characters,
    }
    encoded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(_LENGTH, "little"))
        file.write(encoded)
        file.write(text)
        file.write(index.to_bytes(corpus.indices, len(corpus.characters)))


def _make_room(folder: Path) -> None:
    kept = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: path.stat().st_mtime, reverse=True)
    taken = 0
    for path in kept:
        taken += path.stat().st_size
        if taken > ROOM:
            path.unlink(missing_ok=True)
