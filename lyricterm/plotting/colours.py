"""The colours of curves, on dark, on light, and in terminals that have sixteen; neighbours in the list differ most."""

from __future__ import annotations

DARK = ("#6b9bff", "#ff9440", "#7fd44f", "#c77dff", "#35d6c4", "#f5e663", "#ff5c6c", "#c3c9d6", "#a87c4f")
LIGHT = ("#1f4fd8", "#c85a00", "#2c7a12", "#8a1fb5", "#007f8c", "#8f7a00", "#c2182b", "#3d4250", "#d6318f")
SIXTEEN_DARK = ("#5555ff", "#ffff55", "#55ff55", "#ff55ff", "#55ffff", "#ff5555", "#aaaaaa", "#aa5500", "#00aaaa")
SIXTEEN_LIGHT = ("#0000aa", "#aa5500", "#00aa00", "#aa00aa", "#00aaaa", "#aa0000", "#555555", "#ff55ff", "#5555ff")
"""Of the sixteen that terminals agree on, so that none is turned into another's."""

COUNT = len(DARK)


def curve_colours(dark: bool, few: bool) -> tuple[str, ...]:
    """``COUNT`` colours; ``few`` for a terminal with sixteen."""
    if few:
        return SIXTEEN_DARK if dark else SIXTEEN_LIGHT
    return DARK if dark else LIGHT
