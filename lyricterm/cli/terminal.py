"""What the commands that open the lab have in common."""

from __future__ import annotations

import gc
import os
import sys


def has_terminal() -> bool:
    """Whether there is a terminal to draw on."""
    both = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return both and os.environ.get("TERM") != "dumb"


def before_textual() -> None:
    """What must be so before Textual is imported."""
    # With Kitty's protocol some terminals lose IME text.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    # Imports make hardly any garbage; the app looks for it again once its first frame is drawn.
    gc.disable()
    # And then rarely: with Python's own number, 700, it does so seven times a second while the lab draws.
    gc.set_threshold(10_000)
