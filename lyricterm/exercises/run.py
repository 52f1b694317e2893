"""A run of an exercise as it is planned."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe, Value


@dataclass(frozen=True)
class ExerciseRun:
    """One of the runs that are compared."""

    words: tuple[str, ...]
    """What sets it apart, as source texts."""
    settings: tuple[tuple[str, Value], ...] = ()
    """Settings in which it differs from the person's recipe."""
    called: str = ""
    """What sentences and tables call it, as a source text; without one, its words."""

    @property
    def name(self) -> str:
        """The same in every language: "tanh clipped"."""
        return " ".join(self.words)

    @property
    def label(self) -> str:
        """In the language in use."""
        return _(self.called) if self.called else " ".join(map(_, self.words))

    def recipe(self, base: Recipe) -> Recipe:
        """What it trains.

        Raises:
            RecipeError: if a setting is out of bounds.
        """
        return base.with_values(dict(self.settings))
