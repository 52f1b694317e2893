"""The log file: what a person need not see, but may be asked for."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler

from lyricterm.core.paths import log_file

_BYTES = 1 << 20
_BACKUPS = 2


class _LogFile(RotatingFileHandler):
    """A log file that keeps quiet when it cannot be written: stderr is the screen."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop the record."""


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
