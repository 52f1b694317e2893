"""The program's own colours, dark and light, and both in the colours of terminals that have sixteen."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="lyricterm-dark",
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#ffb86c",
    foreground="#d6dbe8",
    background="#10131a",
    surface="#161a23",
    panel="#1f2430",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={"quiet": "#9aa4b8", "faint": "#4a5163"},
)

LIGHT = Theme(
    name="lyricterm-light",
    primary="#2456b3",
    secondary="#7a3fb0",
    accent="#a84b00",
    foreground="#23262f",
    background="#f6f5f1",
    surface="#fffefb",
    panel="#e6e3da",
    success="#2f6f1b",
    warning="#8a5a00",
    error="#b3261e",
    dark=False,
    variables={"quiet": "#5d6270", "faint": "#c3c0b6"},
)

DARK_SIXTEEN = Theme(
    name="lyricterm-dark",
    primary="#5555ff",
    secondary="#ff55ff",
    accent="#ffff55",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#55ff55",
    warning="#aa5500",
    error="#ff5555",
    dark=True,
    variables={"quiet": "#aaaaaa", "faint": "#555555"},
)

LIGHT_SIXTEEN = Theme(
    name="lyricterm-light",
    primary="#0000aa",
    secondary="#aa00aa",
    accent="#aa5500",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#ffffff",
    success="#00aa00",
    warning="#aa5500",
    error="#aa0000",
    dark=False,
    variables={"quiet": "#555555", "faint": "#aaaaaa"},
)

THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}
SIXTEEN: dict[str, Theme] = {"dark": DARK_SIXTEEN, "light": LIGHT_SIXTEEN}
"""Of the sixteen colours that terminals agree on: others would be turned into their neighbours, two into one."""
