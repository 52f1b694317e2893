"""The decoding's knobs, below the prompt while they are folded out: chosen, stepped and typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from lyricterm.app.actions import Action, bindings
from lyricterm.app.completion_request import DIALS, OWN, CompletionRequest
from lyricterm.core.errors import DecodingError
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import setting_value
from lyricterm.core.sanitize import one_line

_NAMES = tuple(DIALS)
_GAP = 2
_LONGEST = 12
"""Characters that can be typed as a value."""


class Knobs(Widget, can_focus=True):
    """One focus stop: the arrows choose and step, digits set a value; any other character goes on with the lyric."""

    COMPONENT_CLASSES = {f"knobs--{name}" for name in ("label", "value", "off", "chosen", "wrong", "help")}
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("knobs.to-prompt", "escape,enter", N_("back"), N_("back to the prompt; the knobs stay"), "back", rank=1),
        Action("knobs.next-knob", "right", N_("next knob"), N_("the next knob"), "choose(1)", rank=4),
        Action("knobs.previous-knob", "left", N_("previous knob"), N_("the previous knob"), "choose(-1)"),
        Action("knobs.higher", "up", N_("more"), N_("a higher value, or on"), "step(1)", rank=2),
        Action("knobs.lower", "down", N_("less"), N_("a lower value, or off"), "step(-1)", rank=3),
        Action("knobs.off", "delete", N_("off"), N_("switch the knob off"), "off", rank=5),
        Action("knobs.fold", "ctrl+t", N_("close"), N_("close the knobs"), "fold", rank=6),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Input,)
    BINDINGS = bindings(ACTIONS)

    class Turned(Message):
        """A knob has another value."""

        def __init__(self, request: CompletionRequest) -> None:
            super().__init__()
            self.request = request

    class Left(Message):
        """Back to the prompt; with what was typed there, or with the knobs folded away."""

        def __init__(self, typed: str = "", *, folds: bool = False) -> None:
            super().__init__()
            self.typed, self.folds = typed, folds

    request: reactive[CompletionRequest] = reactive(CompletionRequest())
    chosen: reactive[int] = reactive(0)
    typed: reactive[str | None] = reactive(None)
    """What has been typed for the chosen knob and is no value yet."""
    problem: reactive[str] = reactive("")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Characters are a value or belong to the lyric; none of them is a key of the studio here."""
        return character is not None and character.isprintable()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are."""
        return self.rows(width)

    def rows(self, width: int) -> int:
        """Those of the knobs, and one to say what the chosen one does."""
        return len(self._rows(width)) + 1

    def render(self) -> Text:
        """Each knob with its value, the chosen one inverted; below, its help, or what is wrong with the typed value."""
        lines = [Text(" " * _GAP).join(self._cell(name) for name in row) for row in self._rows(self.size.width)]
        help_ = Text(one_line(self.problem), self._style("wrong")) if self.problem else self._help()
        return Text("\n", no_wrap=True, overflow="ellipsis").join([*lines, help_])

    def _rows(self, width: int) -> list[list[str]]:
        rows: list[list[str]] = [[]]
        used = 0
        for name in _NAMES:
            cells = self._cell(name).cell_len
            if rows[-1] and used + cells > width:
                rows.append([])
                used = 0
            rows[-1].append(name)
            used += cells + _GAP
        return rows

    def _cell(self, name: str) -> Text:
        value = self.request.value(name)
        words = _("off") if value is None else setting_value(value)
        look = "off" if value is None else "value"
        if name == _NAMES[self.chosen]:
            words = words if self.typed is None else f"{self.typed}▏"
            look = "wrong" if self.problem else "chosen" if self.has_focus else look
        return Text.assemble((f"{_(DIALS[name].short)} ", self._style("label")), (words, self._style(look)))

    def _help(self) -> Text:
        knob = DIALS[_NAMES[self.chosen]]
        return Text(f"{_(knob.help)} · {knob.range}", self._style("help"))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"knobs--{name}", partial=True)

    def watch_request(self) -> None:
        """Another value may be longer."""
        self.refresh(layout=True)

    def on_focus(self) -> None:
        """Show which knob is chosen."""
        self.refresh()

    def on_blur(self) -> None:
        """What is no value is forgotten."""
        self._forget()
        self.refresh()

    def action_choose(self, direction: int) -> None:
        """The knob to the right or left."""
        self._forget()
        self.chosen = (self.chosen + direction) % len(_NAMES)

    def action_step(self, direction: int) -> None:
        """A step up or down."""
        self._forget()
        self._turn(self.request.stepped(_NAMES[self.chosen], direction))

    def action_off(self) -> None:
        """Off; the seed and the count begin anew."""
        self._forget()
        name = _NAMES[self.chosen]
        self._turn(self.request.turned(name, OWN[name].low if name in OWN else None))

    def action_back(self) -> None:
        """To the prompt."""
        self.post_message(self.Left())

    def action_fold(self) -> None:
        """Away."""
        self.post_message(self.Left(folds=True))

    def on_key(self, event: events.Key) -> None:
        """Digits and a point are a value, checked as it is typed; any other character belongs to the lyric."""
        if event.key == "backspace":
            event.stop()
            self._type((self.typed or "")[:-1])
        elif event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            if event.character.isascii() and event.character in "0123456789.":
                self._type(((self.typed or "") + event.character)[:_LONGEST])
            else:
                self.post_message(self.Left(event.character))

    def on_click(self, event: events.Click) -> None:
        """Choose the knob under the mouse."""
        if (name := self._at(event.x, event.y)) is not None:
            self._forget()
            self.chosen = _NAMES.index(name)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A step up of the knob under the mouse."""
        self._scroll(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A step down."""
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, direction: int) -> None:
        if (name := self._at(event.x, event.y)) is not None:
            event.stop()
            self.chosen = _NAMES.index(name)
            self.action_step(direction)

    def _at(self, x: int, y: int) -> str | None:
        rows = self._rows(self.size.width)
        for name, start, end in self._places(rows[y]) if y < len(rows) else ():
            if start <= x < end:
                return name
        return None

    def _places(self, row: list[str]) -> Iterator[tuple[str, int, int]]:
        start = 0
        for name in row:
            end = start + cell_len(self._cell(name).plain)
            yield name, start, end
            start = end + _GAP

    def _type(self, text: str) -> None:
        name = _NAMES[self.chosen]
        self.typed, self.problem = text, ""
        if not text and name in OWN:
            return
        try:
            self._turn(self.request.turned(name, DIALS[name].read(text) if text else None))
        except DecodingError as error:
            self.problem = str(error)

    def _forget(self) -> None:
        self.typed, self.problem = None, ""

    def _turn(self, request: CompletionRequest) -> None:
        if request != self.request:
            self.post_message(self.Turned(request))
