"""The views of the model's inside, one topic each: what they ask, how the answer is drawn, how to move about in it."""

from __future__ import annotations

from lyricterm.app.inside.base import View
from lyricterm.app.inside.characters import CharactersView
from lyricterm.app.inside.gradient_check import GradientCheckView
from lyricterm.app.inside.hidden_units import HiddenUnitsView
from lyricterm.app.inside.next_character import NextCharacterView
from lyricterm.app.inside.sampling import SamplingView
from lyricterm.app.inside.through_time import ThroughTimeView

VIEWS: tuple[type[View], ...] = (
    SamplingView,
    CharactersView,
    ThroughTimeView,
    HiddenUnitsView,
    NextCharacterView,
    GradientCheckView,
)
"""In the order of their tabs."""
