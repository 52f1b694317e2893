"""The page around the terminal, where a browser shows the lab."""

from __future__ import annotations

from typing import Any

from textual.app import App

BACKGROUND = "background"
"""What a message to the page is called that names its colour."""


def keep_background(app: App[Any]) -> None:
    """The page has the background of the theme, now and whenever that is changed."""
    tell = getattr(app._driver, "write_meta", None)  # of Textual's driver for browsers alone
    if tell is None:
        return

    def say(_theme: object) -> None:
        tell({"type": BACKGROUND, "colour": app.current_theme.background})

    say(None)
    app.theme_changed_signal.subscribe(app, say)
