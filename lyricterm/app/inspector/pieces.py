"""Lines of styled pieces, and the colours of the views; no widget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.strip import Strip

from lyricterm.app.wrap import wrap
from lyricterm.core.sanitize import one_line

_SHADES = 10
_LEAST, _MOST = 0.10, 0.85
"""How far the background goes towards the colour of the smallest and of the largest value."""
_TINT = 0.30
_FEW = 3
"""Steps of a heat map in few colours."""
_LINED = Style(underline=True)

PLAIN = Style()


class TextLine:
    """A line that grows from left to right."""

    def __init__(self, text: str = "", style: Style = PLAIN) -> None:
        self._pieces: list[tuple[str, Style]] = []
        self.width = 0
        """Cells."""
        self.add(text, style)

    def add(self, text: str, style: Style = PLAIN) -> TextLine:
        """Append a piece; returns the line."""
        if text:
            self._pieces.append((text, style))
            self.width += cell_len(text)
        return self

    def join(self, other: TextLine) -> TextLine:
        """Append another line."""
        for text, style in other._pieces:
            self.add(text, style)
        return self

    def fill(self, width: int) -> TextLine:
        """Blanks up to a width; what is longer is cut."""
        if self.width <= width:
            return self.add(" " * (width - self.width))
        cut = TextLine()
        for text, style in self._pieces:
            cut.add(_cut(text, width - cut.width), style)
        return cut

    def strip(self) -> Strip:
        """As the screen draws it."""
        return Strip([Segment(text, style) for text, style in self._pieces])


Lines = list[TextLine]


def _cut(text: str, room: int) -> str:
    """As much of a text as there is room for; a sign tells that it goes on, or a number would become another."""
    if cell_len(text) <= room or room < 1:
        return text if room > 0 else ""
    return set_cell_size(text, room - 1) + "…"


class Paint:
    """The styles of a theme by name, and scales of colour."""

    def __init__(
        self, styles: Mapping[str, Style], colours: Mapping[str, Color], background: Color, few: bool = False
    ) -> None:
        """Set up.

        Args:
            styles: by their names.
            colours: ``cold`` and ``hot`` for values, ``c0`` and on for groups.
            background: of all.
            few: the terminal has few colours or none: signs stand for them.
        """
        self._styles = styles
        self._few = few
        scale = _steps if few else _scale
        self._cold, self._hot = (scale(background, colours[name]) for name in ("cold", "hot"))
        if few:
            weak, *strong = self._cold
            self._cold = [weak, *(style + _LINED for style in strong)]
        groups = [colour for name, colour in colours.items() if name not in ("cold", "hot")]
        self._tints = [Style(bgcolor=background.blend(colour, _TINT).rich_color) for colour in groups]
        self._full = [Style(bgcolor=colour.rich_color, color=background.rich_color, bold=True) for colour in groups]

    def __getitem__(self, name: str) -> Style:
        return self._styles[name]

    def click(self, name: str, action: str) -> Style:
        """A style that runs an action of the screen when it is clicked."""
        return self._styles[name] + Style.from_meta({"@click": f"screen.{action}"})

    def heat(self, share: float) -> Style:
        """The style of a value between -1 (cold) and 1 (hot)."""
        scale = self._hot if share >= 0 else self._cold
        return scale[min(len(scale) - 1, int(min(1.0, abs(share)) * len(scale)))]

    def sign(self, share: float) -> str:
        """What stands on the ground of a value: nothing, or its sign where colours do not tell."""
        if not self._few:
            return " "
        if abs(share) < 1 / _FEW:
            return "·"
        return "+" if share > 0 else "-"

    def group(self, number: int, *, picked: bool) -> Style:
        """The ground for one of many groups; neighbours differ."""
        colours = self._full if picked else self._tints
        return colours[number % len(colours)]


def _steps(background: Color, colour: Color) -> list[Style]:
    """Three that even a terminal without colours can tell apart."""
    full = colour.rich_color
    return [Style(), Style(color=full, bold=True), Style(bgcolor=full, color=background.rich_color, bold=True)]


def _scale(background: Color, colour: Color) -> list[Style]:
    ends = background.blend(colour, _LEAST), background.blend(colour, _MOST)
    blends = (ends[0].blend(ends[1], i / (_SHADES - 1)) for i in range(_SHADES))
    return [Style(bgcolor=one.rich_color, color=one.get_contrast_text(1).rich_color) for one in blends]


def prose(sentence: str, width: int, style: Style = PLAIN) -> Lines:
    """A sentence, wrapped."""
    return [TextLine(line.plain.rstrip(), style) for line in wrap(Text(sentence), max(2, width))]


def beside(left: Sequence[TextLine], right: Sequence[TextLine], width: int, gap: str, style: Style = PLAIN) -> Lines:
    """Two columns; the left one ``width`` cells wide."""
    rows = max(len(left), len(right))
    padded = ([*column, *(TextLine() for _ in range(rows - len(column)))] for column in (left, right))
    return [one.fill(width).add(gap, style).join(other) for one, other in zip(*padded, strict=True)]


def flow(characters: str, styles: Iterable[Style], width: int, most: int, indent: str = "") -> Lines:
    """Characters each in its style, filled into at most ``most`` lines without regard to words."""
    lines = [TextLine(indent)]
    run, of_run, used = "", PLAIN, lines[0].width
    for character, style in zip(one_line(characters), styles, strict=False):
        cells = cell_len(character)
        if used + cells > width or style is not of_run:
            lines[-1].add(run, of_run)
            run, of_run = "", style
        if used + cells > width:
            if len(lines) == most:
                return lines
            lines.append(TextLine(indent))
            used = lines[-1].width
        run += character
        used += cells
    lines[-1].add(run, of_run)
    return lines
