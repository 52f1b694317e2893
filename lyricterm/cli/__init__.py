"""The command line: the app by default, sub-commands beside it.

Exit codes: 0 done, 1 failed with a one-line reason on stderr, 2 usage, 3 diverged, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence

from lyricterm import __version__
from lyricterm.cli.output import QuestionMarks, open_streams, say
from lyricterm.core.errors import LyrictermError, UsageError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with open_streams():
        return _guarded(given)


def _guarded(given: Sequence[str]) -> int:
    marks = QuestionMarks()
    try:
        return _command(given)
    except UsageError as error:
        say(str(error))
        return 2
    except LyrictermError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 130
    except OSError as error:
        # A terminal that has gone fails to print before the hangup comes.
        gone = error.errno == errno.EIO
        if not gone:
            say(_what_failed(error))
        return 130 if gone else 1
    finally:
        _tell_losses(marks.encoding())
        _drop_output()


def _what_failed(error: OSError) -> str:
    """A sentence; what names no file was to be printed."""
    reason = error.strerror or str(error)
    if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _("the output cannot be written: {reason}; make room, or print elsewhere.").format(reason=reason)
    return reason if error.filename is None else f"{one_line(str(error.filename))}: {reason}"


def _command(given: Sequence[str]) -> int:
    try:
        if given == ["--version"]:
            # The rest of the program need not be imported for it.
            print(f"lyricterm {__version__}")
            return 0
        from lyricterm.cli.command_line import execute

        return execute(given)
    finally:
        # Here, and not when the interpreter ends, where nobody could catch what goes wrong.
        if sys.stdout is not None:
            sys.stdout.flush()


def _tell_losses(encoding: str) -> None:
    """Say that stdout lacks characters, if it did."""
    if encoding:
        sentence = _(
            "some characters cannot be written in {encoding} and became ?; set PYTHONIOENCODING=utf-8, or use --json."
        )
        say(sentence.format(encoding=encoding))


def _drop_output() -> None:
    """Keep the interpreter from complaining, when it flushes at exit, that a reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except AttributeError:
            # Closed from the start.
            continue
