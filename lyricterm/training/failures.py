"""What a person is told when something goes wrong; the log has the rest."""

from __future__ import annotations

from lyricterm.core.errors import LyrictermError
from lyricterm.core.log import logger
from lyricterm.core.paths import log_file
from lyricterm.core.sanitize import one_line


def sentence_of(error: Exception, otherwise: str) -> str:
    """What to say of an error: our own say it themselves.

    Args:
        otherwise: what to say of any other error, with ``{kind}`` and ``{path}`` (of the log) to be filled in.
    """
    if isinstance(error, LyrictermError):
        return str(error)
    logger().error("in the training loop", exc_info=error)
    return otherwise.format(kind=type(error).__name__, path=one_line(str(log_file())))
