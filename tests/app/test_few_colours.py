"""Terminals with sixteen colours, and people who ask for none."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem
from textual.color import Color as TextualColor

from lyricterm.app.inspector.pieces import Paint
from lyricterm.app.themes import SIXTEEN
from lyricterm.plotting import colours
from tests.app.desk import WIDE, mark, progress, series, studio

FALLING = [7.0 * 0.98**i for i in range(200)]


@pytest.fixture
def sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-16color")
    monkeypatch.delenv("COLORTERM")


def shown(colour: str) -> int | None:
    """Which of the sixteen a terminal shows."""
    return Color.parse(colour).downgrade(ColorSystem.STANDARD).number


@pytest.mark.parametrize("dark", [True, False])
def test_nine_curves_stay_nine_colours(dark: bool) -> None:
    numbers = [shown(colour) for colour in colours.curve_colours(dark, few=True)]
    assert len(set(numbers)) == colours.COUNT
    theme = SIXTEEN["dark" if dark else "light"]
    assert shown(str(theme.background)) not in numbers


@pytest.mark.parametrize("name", SIXTEEN)
def test_the_colours_of_the_theme_stay_apart(name: str) -> None:
    theme = SIXTEEN[name]
    words = (theme.primary, theme.secondary, theme.accent, theme.foreground, theme.background, theme.error)
    assert len({shown(str(colour)) for colour in words}) == len(words)


async def test_a_curve_has_one_colour_from_top_to_bottom(sixteen: None) -> None:
    told = progress(loss=series(*FALLING), marks=(mark("lr", 0.2, 0.5, epoch=80.0, minibatch=150),))
    async with studio(WIDE, told=[told]) as desk:
        assert desk.app.console.color_system == "standard"
        drawn = [(char, style.color) for char, style in desk.styles("#loss") if char in "▁▂▃▄▅▆▇█"]
        bars = {shown(colour.get_truecolor().hex) for _char, colour in drawn if colour}
        # The bars, and the one that is marked.
        assert bars == {shown("#5555ff"), shown("#ffffff")}


async def test_no_colour_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with studio(WIDE, told=[progress(loss=series(*FALLING))]) as desk:
        assert desk.app.no_color
        drawn = [(char, style.color) for char, style in desk.styles("#loss") if char in "▁▂▃▄▅▆▇█"]
        assert len({colour.get_truecolor().hex for _char, colour in drawn if colour}) == 1


def test_a_heat_map_has_three_steps_and_signs() -> None:
    parts = {name: TextualColor.parse("#5555ff") for name in ("cold", "c0")} | {"hot": TextualColor.parse("#ffff55")}
    few = Paint({}, parts, TextualColor.parse("#000000"), few=True)
    assert [few.sign(share) for share in (-1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0)] == list("--···++")
    looks = [few.heat(share / 30) for share in range(31)]
    assert len(set(looks)) == 3
    assert few.heat(-1.0) != few.heat(1.0)
    # Without colours, the sign, the ground and the line under a text are left.
    assert (few.heat(-1.0).underline, few.heat(1.0).underline) == (True, None)
    many = Paint({}, parts, TextualColor.parse("#000000"))
    assert many.sign(-1.0) == many.sign(1.0) == " "
    assert len({many.heat(share / 30) for share in range(31)}) == 10
