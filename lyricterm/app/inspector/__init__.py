"""The views of the model's inside, one topic each: what they ask, how the answer is drawn, how to move about in it."""

from __future__ import annotations

from lyricterm.app.inspector.base import View
from lyricterm.app.inspector.characters import CharactersView
from lyricterm.app.inspector.gradient_check import GradientCheckView
from lyricterm.app.inspector.hidden_units import HiddenUnitsView
from lyricterm.app.inspector.next_character import NextCharacterView
from lyricterm.app.inspector.optimizer_step import OptimizerStepView
from lyricterm.app.inspector.sampling import SamplingView
from lyricterm.app.inspector.through_time import ThroughTimeView

VIEWS: tuple[type[View], ...] = (
    SamplingView,
    CharactersView,
    ThroughTimeView,
    HiddenUnitsView,
    NextCharacterView,
    GradientCheckView,
    OptimizerStepView,
)
"""In the order of their tabs."""
