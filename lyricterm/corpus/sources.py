"""Which files a corpus is made of: a built-in text, files, folders, patterns, archives, in a fixed order."""

from __future__ import annotations

import glob
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.pasted_path import pasted
from lyricterm.core.paths import CORPORA, asset, datasets_folder
from lyricterm.core.sanitize import brief, one_line
from lyricterm.core.text_settings import join_corpus, split_corpus
from lyricterm.core.visitor import visitor
from lyricterm.corpus.datasets import DATASETS
from lyricterm.corpus.folders import Closed, Looked, in_folder, matching, natural, suffix_of
from lyricterm.corpus.formats import READABLE
from lyricterm.corpus.other_kinds import document_in_zip
from lyricterm.corpus.unpack import MAX_BYTES, PACKINGS, Unpack, named_damage, too_large
from lyricterm.corpus.zip_archive import Archive, BoundedFile, leads_out

_ZIP_START = b"PK\x03\x04"
_NAMED = 3
"""Files that a name tells."""


def _nothing(*_about: object) -> None:
    """Nobody watches."""


def unreadable(shown: str, error: OSError) -> str:
    """What is said of a file that the operating system does not give."""
    sentence = _("{path} cannot be read: {reason}; choose another file.")
    return sentence.format(path=shown, reason=error.strerror or error)


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive."""

    shown: str
    """Its name, safe to show."""
    suffix: str
    """What it ends with once it is unpacked, such as ``.lrc``; decides how it is read."""
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    size: int
    """Bytes, packed."""
    path: Path
    """The file on disk that it is, or is in."""


@dataclass
class Found:
    """What a corpus is made of."""

    name: str
    sources: list[Source] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """A sentence for each file of a folder or an archive that cannot be read."""
    several: bool = False
    """Chosen as a whole; a file that cannot be read is skipped."""
    looked: Looked = _nothing

    def closed(self, error: OSError) -> None:
        """A folder within that cannot be listed is left out."""
        self.skipped.append(unreadable(brief(error.filename), error))


def find(corpus: str, stack: ExitStack, looked: Looked = _nothing) -> Found:
    """The files of a corpus, as the setting names it.

    Args:
        corpus: the setting.
        stack: closes what is held open.
        looked: is called for each folder that is looked through; may raise to stop the search.

    Raises:
        CorpusError: if there are none.
        OSError: if a folder or an archive cannot be read.
    """
    names = _names(corpus)
    found = Found(_name_of(names), looked=looked)
    for name in names:
        _look(name, found, stack)
    if not found.sources:
        shown = brief(corpus)
        sentence = _("{path} holds no lyrics; they end with {endings}.").format(path=shown, endings=", ".join(READABLE))
        raise CorpusError(found.skipped[0] if found.skipped else sentence)
    return found


def check_there(corpus: str) -> None:
    """Find out, without reading it, whether there is such a corpus.

    Raises:
        CorpusError: if not.
    """
    try:
        missing = [name for name in _names(corpus) if _mode(name) is None and not _matching(name, brief(name))]
    except OSError as error:
        raise CorpusError(unreadable(brief(corpus), error)) from error
    if missing:
        raise CorpusError(_not_there(brief(missing[0])))


def locate(name: str) -> Path:
    """The file or folder of one built-in name or path.

    Raises:
        CorpusError: if whoever asks is a visitor from a browser, and the server does not offer this text.
    """
    if name in CORPORA:
        return asset(CORPORA[name])
    guest = visitor()
    if guest is not None:
        offered = guest.path(name)
        if offered is None:
            raise CorpusError(guest.refusal(name))
        return offered
    if name in DATASETS:
        return datasets_folder() / DATASETS[name].file
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises where ~nobody has no home


def absolute(corpus: str) -> str:
    """The same corpus, wherever the program is started.

    Raises:
        OSError, RuntimeError: if the working directory has gone.
    """
    return join_corpus(name if _is_name(name) else str(locate(name).resolve()) for name in _names(corpus))


def _names(corpus: str) -> tuple[str, ...]:
    """Several are separated by ``|``; a file that is called so comes first."""
    names = split_corpus(corpus)
    if len(names) > 1 and _mode(corpus) is not None:
        return (corpus,)
    meant = tuple(map(pasted, names))
    for name, given in zip(meant, names, strict=True):
        if not name.strip():
            raise CorpusError(_not_there(brief(given)))
    return meant


def _is_name(name: str) -> bool:
    """Whether it is no path: a visitor's run keeps the name that the server gives its text, not where that lies."""
    guest = visitor()
    return name in (guest.texts if guest is not None else (*CORPORA, *DATASETS))


def _name_of(names: tuple[str, ...]) -> str:
    shown = [one_line(name if _is_name(name) else Path(name).name or name) for name in names]
    return ", ".join(shown[:_NAMED]) + (", …" if len(shown) > _NAMED else "")


def _mode(name: str) -> int | None:
    """None if there is no such file."""
    try:
        return locate(name).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        # ValueError: a NUL or a lone surrogate, which no file's name has.
        return None


def _look(name: str, found: Found, stack: ExitStack) -> None:
    shown, mode = brief(name), _mode(name)
    if mode is None:
        _look_at_pattern(name, shown, found, stack)
    elif stat.S_ISDIR(mode):
        found.several = True
        _add_all(in_folder(locate(name), shown, found.looked, found.closed), found, stack)
    elif not stat.S_ISREG(mode):
        raise CorpusError(not_regular(shown))
    elif _is_name(name) and name in DATASETS:
        _add_fetched(name, found, stack)
    else:
        _add(locate(name), shown, found, stack)


def _add_fetched(name: str, found: Found, stack: ExitStack) -> None:
    try:
        _add(locate(name), name, found, stack)
    except CorpusError as error:
        sentence = _("The copy of the data set {name} is damaged; fetch it again with lyricterm corpus fetch {name}.")
        raise CorpusError(sentence.format(name=name)) from error


def _look_at_pattern(pattern: str, shown: str, found: Found, stack: ExitStack) -> None:
    paths = _matching(pattern, shown, found.looked, found.closed)
    if not paths:
        raise CorpusError(_not_there(shown))
    found.several = True
    _add_all(paths, found, stack)


def _matching(pattern: str, shown: str, looked: Looked = _nothing, closed: Closed = _nothing) -> list[Path]:
    if not glob.has_magic(pattern) or "\0" in pattern:
        return []
    return matching(locate(pattern), shown, looked, closed)


def _not_there(shown: str) -> str:
    if shown in DATASETS:
        sentence = _("The data set {name} is not here yet; fetch it with lyricterm corpus fetch {name}.")
        return sentence.format(name=shown)
    sentence = _("There is no file {path}; give a file, a folder, a pattern, or a built-in text: {names}.")
    return sentence.format(path=shown, names=", ".join(CORPORA))


def _add_all(paths: list[Path], found: Found, stack: ExitStack) -> None:
    for path in paths:
        try:
            _add(path, brief(str(path)), found, stack)
        except CorpusError as error:
            found.skipped.append(str(error))
        except OSError as error:
            found.skipped.append(unreadable(brief(str(path)), error))


def _add(path: Path, shown: str, found: Found, stack: ExitStack) -> None:
    with _opened(path, shown) as file:
        start, size = file.read(8), os.fstat(file.fileno()).st_size
    if path.suffix.lower() == ".zip" or start.startswith(_ZIP_START):
        archive = stack.enter_context(BoundedFile(_opened(path, shown).detach()))
        _add_members(Archive(archive, shown), path, shown, found)
    else:
        unpack = _unpacking(path.suffix.lower(), start)
        opened = partial(_opening, partial(_opened, path, shown), shown, unpack)
        found.sources.append(Source(shown, suffix_of(path.name), opened, size, path))


def _unpacking(suffix: str, start: bytes) -> Unpack | None:
    for ending, (magic, unpack) in PACKINGS.items():
        if suffix == ending or start.startswith(magic):
            return unpack
    return None


@contextmanager
def _opening(open_: Callable[[], IO[bytes]], shown: str, unpack: Unpack | None) -> Iterator[IO[bytes]]:
    with open_() as file:
        if unpack is None:
            yield file
        else:
            with named_damage(shown), unpack(file) as unpacked:
                yield unpacked


def _opened(path: Path, shown: str) -> io.BufferedReader[io.FileIO]:
    """The file, if it is a regular one and not too large.

    Raises:
        CorpusError: if it is not.
    """
    # Should it be a pipe, opening it must not wait for a writer.
    file = io.BufferedReader(io.FileIO(path, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)))
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
        return file
    file.close()
    raise CorpusError(too_large(shown) if stat.S_ISREG(status.st_mode) else not_regular(shown))


def not_regular(shown: str) -> str:
    """What is said of a folder, a pipe or a device."""
    return _("{path} is not a regular file; give the path of a text file.").format(path=shown)


def _add_members(archive: Archive, path: Path, shown: str, found: Found) -> None:
    """The texts in an archive, in natural order; an archive in it is named and left out."""
    all_ = sorted(archive.members(), key=lambda each: natural(each.filename))
    inner = [archive.show(member) for member in all_ if suffix_of(member.filename) == ".zip"]
    sentence = _("{path} is an archive within an archive; unpack it.")
    found.skipped += [sentence.format(path=name) for name in inner]
    members = [member for member in all_ if suffix_of(member.filename) in READABLE]
    if not members:
        sentence = _("{path} holds no lyrics; they end with {endings}.").format(path=shown, endings=", ".join(READABLE))
        document = document_in_zip((member.filename for member in all_), shown)
        raise CorpusError(found.skipped[-1] if inner else document or sentence)
    found.several = found.several or len(members) > 1
    for member in members:
        name = archive.show(member)
        if leads_out(member.filename):
            sentence = _("{path}: this name leads out of the archive; pack the lyrics again without such names.")
            found.skipped.append(sentence.format(path=name))
            continue
        unpack = _unpacking(Path(member.filename.lower()).suffix, b"")
        opened = partial(_opening, partial(archive.open, member), name, unpack)
        found.sources.append(Source(name, suffix_of(member.filename), opened, member.file_size, path))
