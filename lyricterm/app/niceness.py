"""How much of the processor a thread wants."""

from __future__ import annotations

import os
import sys

_NICE = 10
"""More than the screen; with 5 a key that meets a minibatch still waits twice as long for a processor."""


def give_way() -> None:
    """From now on this thread, with those that it starts, computes when nobody else has to.

    Only on Linux does a thread have a niceness of its own.
    """
    if sys.platform == "linux":
        os.nice(_NICE)
