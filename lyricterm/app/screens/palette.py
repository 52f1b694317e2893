"""The command palette: every action of the screen, of the widget that has the cursor, and of the app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.markup import escape

from lyricterm.app.actions import Action, actions_of, keys_of, reads_only, title_of
from lyricterm.app.key_names import spelt
from lyricterm.app.palette_search import fit, place_of
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.textual_patches import SafePalette
from lyricterm.core.i18n import _, in_every_language
from lyricterm.core.pasted_path import looks_like_path, path_of
from lyricterm.core.sanitize import brief
from lyricterm.core.visitor import visitor

_FIRST, _LAST = 2.0, 0.1
"""Above all commands, for what has a slash; else below them: a word may be the name of a file by chance."""


class ActionsProvider(Provider):
    """Finds actions by words of any language; says so itself when none fits."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for action, target in self._actions():
            title = title_of(action)
            yield DiscoveryHit(self._shown(action, ""), self._runner(target, action), title, _(action.help))

    async def search(self, query: str) -> Hits:
        """What fits to the letters typed."""
        found = False
        for action, target in self._actions():
            score = _score(query, action)
            if score > 0:
                found = True
                title = title_of(action)
                yield Hit(score, self._shown(action, query), self._runner(target, action), title, _(action.help))
        text = self._text(query)
        if text is not None:
            yield text
        elif not found:
            sentence = self._no_fit(query)
            yield Hit(1, Content(sentence), self._nothing, sentence)

    def _shown(self, action: Action, query: str) -> Content:
        """The title, with what was typed marked in it, and the key."""
        shown = Content(title_of(action))
        for word in query.split():
            if place := place_of(word, shown.plain):
                shown = shown.stylize(self.match_style or "bold underline", *place)
        keys = keys_of(self.app).of(action)
        return Content.assemble(shown, "  ", (spelt(keys[0]), "$primary")) if keys else shown

    def _actions(self) -> Iterator[tuple[Action, DOMNode]]:
        for owner in (self.screen.focused, self.screen, self.app):
            if owner is not None:
                yield from ((action, owner) for action in actions_of(owner) if action.run != "command_palette")

    def _runner(self, target: DOMNode, action: Action) -> Callable[[], None]:
        def run() -> None:
            self.app.call_later(self.app.run_action, action.run, target)

        return run

    def _text(self, query: str) -> Hit | None:
        """What is pasted, typed or dropped may be a path, where a text can be chosen; None if it is none."""
        studio = self.screen
        if not isinstance(studio, StudioScreen) or reads_only(studio) or visitor() or not looks_like_path(query):
            return None
        path = path_of(query)
        if not os.path.exists(path):  # noqa: PTH110 - which takes names that cannot be for missing ones
            return None
        shown = Content(_("Use this text: {name}").format(name=brief(path.name or str(path))))
        use = partial(self.app.call_later, studio.take_text, str(path))
        return Hit(
            _FIRST if "/" in query else _LAST,
            shown,
            use,
            shown.plain,
            escape(_("a new run on {path}").format(path=brief(str(path)))),
        )

    def _no_fit(self, query: str) -> str:
        if "/" in query:
            return _("there is no file {path}").format(path=brief(str(path_of(query))))
        return _("no command fits")

    def _nothing(self) -> None:
        """What choosing "no command fits" does."""


def _score(query: str, action: Action) -> float:
    """In the language in use and in all others: who reads English on the screen may think in Chinese."""
    titles = (title_of(action), *in_every_language(action.title or action.label))
    return fit(query, titles, in_every_language(action.synonyms), in_every_language(action.help))


class Palette(SafePalette):
    """Textual's palette, in the language in use."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("Search for commands…"), id="--command-palette")
