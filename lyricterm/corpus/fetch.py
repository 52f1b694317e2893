"""Fetching a data set once, checked; whatever goes wrong, the last good copy stays and nothing is half-written."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.paths import datasets_folder
from lyricterm.core.sanitize import brief
from lyricterm.corpus.datasets import DATASETS, Copy, DataSet
from lyricterm.corpus.sources import not_regular, unreadable
from lyricterm.storage.atomic_write import read_regular, write_whole

_PATIENCE = 30.0
"""Seconds without a byte after which a server is given up."""
_SLOWEST = 500
"""Bytes a second on average, once that time has passed."""
_MOST = 1 << 28
"""Bytes of any data set."""

FetchReport = Callable[[int, int], None]
"""Is told how many bytes have come, of how many."""


class _WrongFileError(Exception):
    """What comes is longer than what was wanted."""


class _TooSlowError(Exception):
    """It would take hours."""


def fetched(name: str) -> Path | None:
    """Where a data set lies on this machine; None if it is not here."""
    path = datasets_folder() / DATASETS[name].file
    return path if path.is_file() else None


def fetch(name: str, report: FetchReport | None = None) -> Path:
    """Fetch a data set, unless it is here already.

    Raises:
        CorpusError: if there is none of that name, or it cannot be had, with the reason.
    """
    data_set = _known(name)
    path = datasets_folder() / data_set.file
    if _is_one_of(path, data_set):
        return path
    reasons = []
    for copy in data_set.copies:
        try:
            _download(copy, path, report)
        except CorpusError as error:
            reasons.append(str(error))
        else:
            return path
    sentence = _("{name} cannot be fetched: {reason} If you have the file, give it with --from FILE.")
    raise CorpusError(sentence.format(name=name, reason=reasons[0]))


def adopt(name: str, source: Path) -> Path:
    """Take a copy of a data set that a person already has, checked by the same hash.

    Raises:
        CorpusError: if it is not that file, or cannot be read or written.
    """
    data_set = _known(name)
    shown = brief(str(source))
    content = _content(source, shown)
    if hashlib.sha256(content).hexdigest() not in {copy.sha256 for copy in data_set.copies}:
        sentence = _("{path} is not the file of {name} (its SHA-256 differs); nothing was changed.")
        raise CorpusError(sentence.format(path=shown, name=name))
    path = datasets_folder() / data_set.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        sentence = _("{name} cannot be saved in {folder}: {reason}; make room there, or allow writing.")
        reason = error.strerror or error
        raise CorpusError(sentence.format(name=name, folder=brief(str(path.parent)), reason=reason)) from error
    return path


def _content(source: Path, shown: str) -> bytes:
    try:
        return read_regular(source.expanduser(), _MOST)
    except OSError as error:
        sentence = not_regular(shown) if error.errno == errno.EINVAL else unreadable(shown, error)
        raise CorpusError(sentence) from error
    except (ValueError, RuntimeError) as error:
        # A NUL in the name, or a person who has no home.
        sentence = _("{path} cannot be read: {reason}; choose another file.")
        raise CorpusError(sentence.format(path=shown, reason=error)) from error


def _known(name: str) -> DataSet:
    if name not in DATASETS:
        sentence = _("There is no data set {name}; there is: {names}.")
        raise CorpusError(sentence.format(name=brief(name, 60), names=", ".join(DATASETS)))
    return DATASETS[name]


def _is_one_of(path: Path, data_set: DataSet) -> bool:
    try:
        content = read_regular(path, _MOST)
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() in {copy.sha256 for copy in data_set.copies}


class _Progress:
    """What pooch draws its progress on."""

    total = 0

    def __init__(self, size: int, report: FetchReport | None) -> None:
        self._size, self._report, self._come = size, report, 0
        self._began = monotonic()

    def update(self, count: int) -> None:
        """So many bytes more.

        Raises:
            _WrongFileError: if there are more than the file has.
            _TooSlowError: if they come one by one.
        """
        self._come += count
        if self._come - count > self._size:
            raise _WrongFileError
        passed = monotonic() - self._began
        if passed > _PATIENCE and self._come < _SLOWEST * passed:
            raise _TooSlowError
        if self._report:
            self._report(min(self._come, self._size), self._size)

    def reset(self) -> None:
        """Count from the beginning."""
        self._come = 0

    def close(self) -> None:
        """Nothing to close."""


def _download(copy: Copy, path: Path, report: FetchReport | None) -> None:
    """Fetch one copy; pooch writes beside ``path``, checks the hash, and only then takes its place."""
    import pooch  # here, so that nobody else waits for it
    import requests
    import urllib3

    pooch.get_logger().setLevel("ERROR")
    # In so small pieces that a slow server is noticed, and a person who stops it is heard.
    piece = max(64, min(copy.size >> 10, 1 << 14))
    load = pooch.HTTPDownloader(progressbar=_Progress(copy.size, report), timeout=_PATIENCE, chunk_size=piece)
    try:
        pooch.retrieve(copy.url, f"sha256:{copy.sha256}", path.name, path.parent, downloader=load)
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "?"
        raise CorpusError(_("the server answers {status}.").format(status=status)) from error
    except (requests.exceptions.ChunkedEncodingError, _TooSlowError) as error:
        raise CorpusError(_("the transfer was cut off; try again.")) from error
    except requests.RequestException as error:
        if error.args and isinstance(error.args[0], urllib3.exceptions.ReadTimeoutError):
            raise CorpusError(_("the transfer was cut off; try again.")) from error
        raise CorpusError(_("the server cannot be reached; try again when there is a network.")) from error
    except (_WrongFileError, ValueError) as error:
        raise CorpusError(_("something else was sent (perhaps the login page of a network).")) from error
    except OSError as error:
        raise CorpusError(_("it cannot be written: {reason}.").format(reason=error.strerror or error)) from error
