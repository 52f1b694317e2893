"""The CPU threads of a run: as asked for, or the fastest number, or one that stays as the losses depend on it."""

from __future__ import annotations

import torch

from lyricterm.core.settings import AUTO, Recipe
from lyricterm.engine.protocols import Engine, cuts_state
from lyricterm.engine.threads import Tuner, fixed_count, sensible_counts, use_threads


class CpuThreads:
    """Chooses before the first minibatch, and after each for the next."""

    def __init__(self, engine: Engine, recipe: Recipe, recorded: int | None) -> None:
        """Get the engine ready, and choose; ``recorded`` is the number that a resumed run must keep. Idle on a GPU."""
        self._engine = engine
        self._tuner = Tuner(sensible_counts())
        self._on_cpu = engine.model.parameters.flat.device.type == "cpu"
        if self._on_cpu:
            self._begin(recipe, recorded)

    def _begin(self, recipe: Recipe, recorded: int | None) -> None:
        engine = self._engine
        engine.prepare(recipe.batch, recipe.steps)
        if recorded is None and not engine.invariant:
            recorded = fixed_count(recipe.batch * recipe.steps * engine.model.multiplications)
        if recorded is not None:
            self._tuner.fix(recorded)
        use_threads(self._tuner.threads if recipe.threads == AUTO else int(recipe.threads))

    @property
    def count(self) -> int:
        """How many train now; 0 on a GPU."""
        return torch.get_num_threads() if self._on_cpu else 0

    @property
    def fixed(self) -> int | None:
        """The number that auto keeps for the rest of the run, if it must not change."""
        return self._tuner.fixed

    def look_again(self) -> None:
        """Minibatches are not as they were: measure anew."""
        self._tuner.look_again()

    def choose(self, recipe: Recipe, seconds: float) -> bool:
        """A minibatch took this long: choose for the next; True if no measurement is under way."""
        if not self._on_cpu:
            return True
        if self._tuner.fixed is None and not self._engine.invariant:
            # Of new shapes, that is; their first minibatch was trained with as many.
            self._tuner.fix(torch.get_num_threads())
        if recipe.threads != AUTO:
            use_threads(int(recipe.threads))
            return True
        if not cuts_state(recipe):
            # Without detach a minibatch takes longer than the one before, whatever the threads.
            return True
        self._tuner.observe(seconds)
        use_threads(self._tuner.threads)
        return not self._tuner.is_trying
