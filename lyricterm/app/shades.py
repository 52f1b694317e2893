"""Brightness that shows how sure the model is of each character."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.color import Color

from lyricterm.core.copied import Spans
from lyricterm.core.graphemes import whole_around, whole_characters
from lyricterm.core.sanitize import lyric_line

_STEPS = 8
_COPIED = Style(underline=True)
_DIMMEST = 0.38


def underlined(text: Text, spans: Spans) -> Text:
    """The same text with these parts underlined."""
    for start, end in spans:
        text.stylize(_COPIED, *whole_around(text.plain, start, end))
    return text


class Shades:
    """Eight shades, from near the background (probability 0) to the full colour (probability 1)."""

    def __init__(self, background: Color, sure: Color) -> None:
        dim = background.blend(sure, _DIMMEST)
        self._styles = [Style(color=dim.blend(sure, i / (_STEPS - 1)).rich_color) for i in range(_STEPS)]

    def style(self, probability: float) -> Style:
        """The shade of a probability."""
        return self._styles[min(_STEPS - 1, int(probability * _STEPS))]

    def text(self, characters: str, probabilities: Sequence[float]) -> Text:
        """Each character in its shade."""
        text = Text()
        shown = lyric_line(characters)
        for start, end in whole_characters(shown):
            text.append(shown[start:end], self.style(min(probabilities[start:end])))
        return text
