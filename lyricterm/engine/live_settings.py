"""The settings of a running model: as it trains now, and as it was asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _, listed
from lyricterm.core.settings import SETTINGS, Applies, Recipe, Value, differences
from lyricterm.engine.trainer_state import Applied


class LiveSettings:
    """Each change waits until its ``Applies`` says that it takes effect."""

    def __init__(self, recipe: Recipe) -> None:
        self.now = recipe
        """What the next minibatch is trained with."""
        self.asked = recipe
        self.unreported: list[Applied] = []
        """Changes that have taken effect since the last minibatch."""

    @property
    def pending(self) -> dict[str, Value]:
        """Changes that wait for the next epoch."""
        return differences(self.now, self.asked)

    def wanted(self, values: Mapping[str, Value]) -> Recipe:
        """All that was asked for, and these values.

        Raises:
            RecipeError: if a value is wrong or its setting needs a new run.
        """
        wanted = self.asked.with_values(values)
        fixed = [name for name in differences(self.asked, wanted) if SETTINGS[name].applies is Applies.NEW_RUN]
        if fixed:
            names = listed(_(SETTINGS[name].label) for name in fixed)
            raise RecipeError(fixed[0], _("Changing {names} needs a new run.").format(names=names))
        return wanted

    def apply(self, due: Callable[[Applies], bool]) -> set[str]:
        """Let the pending changes that are due take effect; returns their names."""
        changed = {name: value for name, value in self.pending.items() if due(SETTINGS[name].applies)}
        for name, new in changed.items():
            if SETTINGS[name].applies is not Applies.AT_ONCE:
                self.unreported.append(Applied(name, getattr(self.now, name), new))
        self.now = self.now.with_values(changed)
        return set(changed)

    def report(self) -> tuple[Applied, ...]:
        """The unreported changes, which are reported now."""
        reported = tuple(self.unreported)
        self.unreported.clear()
        return reported
