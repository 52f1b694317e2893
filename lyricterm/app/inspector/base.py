"""What every view of the inside does: ask a question, take the answer, draw it, move about in it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lyricterm.app.inspector.pieces import Lines, Paint
from lyricterm.app.run_state import RunState
from lyricterm.core.inspection import Answer, Question


@dataclass(frozen=True)
class Sight:
    """What a view can see beside its answer."""

    state: RunState
    typed: str
    """The text that the model goes on with: the prompt's, else the first prefix."""
    width: int
    height: int
    """Of the room there is to draw in, in cells."""


class View:
    """One tab. Holds its answer and where in it a person is; knows no widget."""

    title: ClassVar[str]
    short: ClassVar[str]
    """In the source language; the short one for where there is less room."""
    help: ClassVar[str]
    """What it shows, in a line, in the source language."""
    keys: ClassVar[Mapping[str, str]] = {}
    """What the keys that it uses do here, by the end of their binding's id, in the source language."""
    answer: Any = None

    def question(self, sight: Sight) -> Question | None:
        """What to ask now; None if nothing."""
        raise NotImplementedError

    def place(self, state: RunState) -> Hashable:
        """What an answer is good for; once this changes, the same question is asked again."""
        progress = state.progress
        return (progress.run, progress.epoch, progress.minibatch, progress.recipe) if progress else None

    def take(self, answer: Answer) -> None:
        """An answer has come."""
        self.answer = answer

    def forget(self) -> None:
        """The run is another one: what was seen is not its inside."""
        self.answer = None

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """The answer, drawn."""
        raise NotImplementedError

    def press(self, key: str, sight: Sight) -> None:
        """One of the keys that it uses."""

    def go_to(self, number: int) -> None:
        """A thing with a number was clicked."""


def run_of(state: RunState) -> Hashable:
    """The run, and what of its recipe shapes its minibatches."""
    progress = state.progress
    if progress is None:
        return None
    recipe = progress.recipe
    return (progress.run, recipe.batch, recipe.steps)
