"""The program's own colours, dark and light."""

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

THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}
