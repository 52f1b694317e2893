"""Plots as Textual draws them: rows of segments, the names of styles turned into styles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from lyricterm.plotting.colours import curve_colours
from lyricterm.plotting.grid import NONE, Grid

_PLAIN, _BOLD = Style(), Style(bold=True)


def strips(grid: Grid, look: Callable[[str], Style]) -> list[Strip]:
    """The rows of a plot; ``look`` gives a style by its name."""
    styles: dict[str, Style | None] = {NONE: None}
    rows = []
    for row in range(grid.height):
        segments = []
        for text, name in grid.runs(row):
            if name not in styles:
                styles[name] = look(name)
            segments.append(Segment(text, styles[name]))
        rows.append(Strip(segments))
    return rows


def has_few_colours(app: App[Any]) -> bool:
    """Whether the terminal has sixteen colours at most, or is asked for none."""
    return app.no_color or has_sixteen_colours(app)


def has_sixteen_colours(app: App[Any]) -> bool:
    """Whether the terminal has sixteen colours."""
    return app.console.color_system in ("standard", "windows")


def curve_style(app: App[Any], name: str, ground: Style = _PLAIN) -> Style | None:
    """The style ``curve0`` of a curve, ``label0`` of its label, ``key0`` of its key on a legend's ground, else None."""
    kind, number = name.rstrip("0123456789"), name.lstrip("abcdefghijklmnopqrstuvwxyz")
    if not number:
        return None
    shades = curve_colours(app.current_theme.dark, has_sixteen_colours(app))
    style = Style(color=shades[int(number) % len(shades)])
    return {"curve": style, "label": style + _BOLD, "key": ground + style + _BOLD}[kind]
