"""What the commands that open the lab have in common."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator

from lyricterm.core.i18n import _

_ERASE_LINE = "\r\x1b[K"


def has_terminal() -> bool:
    """Whether there is a terminal to draw on."""
    both = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return both and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def opening() -> Iterator[None]:
    """While the lab is imported, a line on the terminal says that it opens; nothing of it stays."""
    _before_textual()
    sentence = _("lyricterm: opening the lab…")
    # No character is wider than two cells; a line that wraps could not be erased.
    if not has_terminal() or 2 * len(sentence) > os.get_terminal_size(sys.stdout.fileno()).columns:
        yield
        return
    print(sentence, end="", flush=True)
    try:
        yield
    finally:
        print(_ERASE_LINE, end="", flush=True)


def _before_textual() -> None:
    """What must be so before Textual is imported."""
    # With Kitty's protocol some terminals lose IME text.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    # Imports make hardly any garbage; the app looks for it again once its first frame is drawn.
    gc.disable()
    # And then rarely: with Python's own number, 700, it does so seven times a second while the lab draws.
    gc.set_threshold(10_000)
