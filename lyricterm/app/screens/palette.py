"""The command palette: every action of the screen, of the widget that has the cursor, and of the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from lyricterm.app.actions import Action, actions_of, title_of
from lyricterm.app.textual_patches import SafePalette
from lyricterm.core.i18n import _


class ActionsProvider(Provider):
    """Finds actions in the language in use; says so itself when none fits."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for action, target in self._actions():
            yield DiscoveryHit(title_of(action), self._runner(target, action), help=_(action.help))

    async def search(self, query: str) -> Hits:
        """What fits to the letters typed."""
        matcher = self.matcher(query)
        found = False
        for action, target in self._actions():
            title = title_of(action)
            score = matcher.match(title)
            if score > 0:
                found = True
                yield Hit(score, matcher.highlight(title), self._runner(target, action), help=_(action.help))
        if not found:
            yield Hit(1, _("no command fits"), self._nothing)

    def _actions(self) -> Iterator[tuple[Action, DOMNode]]:
        for owner in (self.screen.focused, self.screen, self.app):
            if owner is not None:
                yield from ((action, owner) for action in actions_of(owner) if action.run != "command_palette")

    def _runner(self, target: DOMNode, action: Action) -> Callable[[], None]:
        def run() -> None:
            self.app.call_later(self.app.run_action, action.run, target)

        return run

    def _nothing(self) -> None:
        """What choosing "no command fits" does."""


class Palette(SafePalette):
    """Textual's palette, in the language in use."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("Search for commands…"), id="--command-palette")
