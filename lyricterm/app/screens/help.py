"""``?``: the keys of the screen it was opened from, what everything means, and all other keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from lyricterm.app.actions import Action, actions_of, bindings, every_action, keys_of
from lyricterm.app.key_names import spelt
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.screens.help_topics import TOPICS
from lyricterm.app.wrap import wrap
from lyricterm.core.i18n import N_, _

_GAP = "  "
_MOST_KEYS = 9
"""Cells of the column with the keys."""


class HelpScreen(ModalScreen[None], LabScreen[None]):
    """One scrolling page."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("help.close", "escape,?,q", N_("close"), N_("close the help"), "dismiss"),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (VerticalScroll,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, here: Iterable[Action]) -> None:
        """``here``: what can be done on the screen from which the help is opened."""
        super().__init__()
        self._here = tuple(here)

    def compose(self) -> ComposeResult:
        """A page in a frame that scrolls."""
        with VerticalScroll(id="help"):
            yield HelpPage(self._here)

    def on_mount(self) -> None:
        """Let the arrow keys scroll it."""
        self.reword()
        self.query_one("#help").focus()

    def reword(self) -> None:
        """Every word in the language in use now."""
        frame = self.query_one("#help")
        frame.border_title = _("help")
        frame.border_subtitle = _("↑ ↓ scroll · {close_key} closes").format(**keys_of(self).words(self.ACTIONS))
        self.query_one(HelpPage).refresh(layout=True)


def open_help(screen: Screen[Any]) -> None:
    """Open the help over a screen."""
    screen.app.push_screen(HelpScreen([*actions_of(screen), *actions_of(screen.app)]))


class HelpPage(Widget):
    """The text, laid out for the width there is."""

    COMPONENT_CLASSES = {"help--heading", "help--rule", "help--key", "help--id"}

    def __init__(self, here: Sequence[Action]) -> None:
        super().__init__()
        self._here = here

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at this width."""
        return len(list(self._lines(width)))

    def render(self) -> Text:
        """All lines."""
        return Text("\n").join(self._lines(self.size.width))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"help--{name}", partial=True)

    def _lines(self, width: int) -> Iterator[Text]:
        everything = every_action(self)
        words = keys_of(self).words(everything)
        yield from self._heading(_("keys here"), width)
        yield from self._table(self._here, width)
        for title, body in TOPICS:
            yield Text()
            yield from self._heading(_(title).format(**words), width)
            yield from wrap(Text(_(body).format(**words)), max(2, width))
        yield Text()
        yield from self._heading(_("all keys, with the names of their actions for config.toml"), width)
        yield from self._table(everything, width, named=True)

    def _heading(self, title: str, width: int) -> Iterator[Text]:
        """The title, with a rule to the end of the line."""
        *lines, last = wrap(Text(title, self._style("heading")), max(2, width))
        yield from lines
        room = width - last.cell_len - 1
        yield last.append(f" {'─' * room}", self._style("rule")) if room > 2 else last

    def _table(self, actions: Iterable[Action], width: int, *, named: bool = False) -> Iterator[Text]:
        """The keys and what they do; ``named``: with the actions' ids, on the same line where there is room."""
        rows = [(" ".join(map(spelt, keys_of(self).of(action))), action) for action in actions if action.keys]
        left = min(_MOST_KEYS, max(cell_len(keys) for keys, _action in rows))
        for keys, action in rows:
            names = wrap(Text(keys, self._style("key")), left)
            told = wrap(Text(_(action.help)), max(2, width - left - len(_GAP)))
            lines = [_beside(name, left, line) for name, line in zip_longest(names, told, fillvalue=Text())]
            if named:
                if lines[-1].cell_len + len(_GAP) + len(action.id) > width:
                    lines.append(Text())
                room = max(0, width - lines[-1].cell_len)
                lines[-1].append(action.id.rjust(room), self._style("id"))
            yield from lines


def _beside(name: Text, width: int, line: Text) -> Text:
    return Text.assemble(name, " " * (width - name.cell_len) + _GAP, line)
