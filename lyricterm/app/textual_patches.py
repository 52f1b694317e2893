"""What a terminal sends: bytes in any encoding must not end the app."""

from __future__ import annotations

import sys
from codecs import getincrementaldecoder
from functools import partial


def take_any_bytes() -> None:
    """Read bytes that are not UTF-8 as U+FFFD; by itself, Textual's reader of the keyboard gives up on them."""
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    decoder = partial(getincrementaldecoder("utf-8"), errors="replace")
    # Textual offers no other way in than the name that its module looks up.
    linux_driver.getincrementaldecoder = lambda encoding: decoder  # type: ignore[attr-defined]
