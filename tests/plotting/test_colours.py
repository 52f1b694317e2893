"""Nine curves can be told apart, and seen."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from lyricterm.app.themes import DARK, LIGHT
from lyricterm.plotting import colours

PALETTES = [
    (colours.DARK, str(DARK.background)),
    (colours.LIGHT, str(LIGHT.background)),
    (colours.SIXTEEN_DARK, str(DARK.background)),
    (colours.SIXTEEN_LIGHT, str(LIGHT.background)),
]


def linear(colour: str) -> list[float]:
    """sRGB without its gamma (IEC 61966-2-1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def lab(colour: str) -> tuple[float, float, float]:
    """CIE 1976 L*a*b* under D65."""
    red, green, blue = linear(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, luminance(colour), z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize(("palette", "_background"), PALETTES)
def test_no_two_look_alike(palette: tuple[str, ...], _background: str) -> None:
    assert len(palette) == colours.COUNT == 9
    # A difference of 2.3 can just be seen; thin dots need much more.
    assert min(math.dist(lab(one), lab(other)) for one, other in combinations(palette, 2)) > 25


@pytest.mark.parametrize(("palette", "background"), PALETTES[:2])
def test_each_stands_out_from_the_background(palette: tuple[str, ...], background: str) -> None:
    for colour in palette:
        light, dark = sorted((luminance(colour), luminance(background)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3.0
