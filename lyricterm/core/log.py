"""The log file: what a person need not see, but may be asked for."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import cast

from lyricterm.core.paths import log_file

_BYTES = 1 << 20
_BACKUPS = 2


class _LogFile(RotatingFileHandler):
    """A log file that keeps quiet when it cannot be written: stderr is the screen."""

    def _open(self) -> TextIOWrapper:
        """Readable by others, writable by its owner only, whatever the umask."""
        return cast(TextIOWrapper, open(self.baseFilename, self.mode, encoding=self.encoding, opener=_opener))

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop the record."""


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o644)


def logger() -> logging.Logger:
    """The program's logger; writes to a rotating file if that can be opened, else nowhere."""
    log = logging.getLogger("lyricterm")
    if not log.handlers:
        log.propagate = False
        log.addHandler(_handler())
    return log


def _handler() -> logging.Handler:
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = _LogFile(path, maxBytes=_BYTES, backupCount=_BACKUPS, encoding="utf-8", delay=True)
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
