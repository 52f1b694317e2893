"""What a storm is made of: what may be pressed, pasted and typed, and a machine that does it to an app."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rich.cells import cell_len
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, Select

from lyricterm.app.actions import ActionOwner, Keys
from lyricterm.app.app import LyrictermApp
from lyricterm.app.owners import OWNERS
from lyricterm.app.run_state import MAX_ENTRIES
from lyricterm.app.screens.settings import SettingsScreen
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.widgets.log import SampleLog
from lyricterm.app.widgets.setting_rows import ROWS
from lyricterm.core.graphemes import JOINED
from lyricterm.core.i18n import _, translator
from lyricterm.core.number_format import setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import safe
from lyricterm.core.settings import SETTINGS, Recipe
from tests.app.desk import USUAL, WIDE, Desk, key_event
from tests.app.reports import one_of

PLACES: tuple[type[ActionOwner], ...] = (LyrictermApp, *OWNERS)
BOUND = tuple(sorted({key for place in PLACES for action in place.ACTIONS for key in Keys().of(action)}))
"""Every key that does something somewhere, by its name."""

KEYS = (
    *" ncsad[]-+=,.rRe/?q0129b'\"\\|{}<>#%分开你éßЖअאبก😀Ａ",
    *("enter", "escape", "tab", "shift+tab", "backspace", "delete", "insert"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("shift+left", "shift+right", "shift+home", "shift+end", "ctrl+left", "ctrl+right", "alt+b", "alt+f"),
    *(f"f{number}" for number in range(1, 13)),
    *(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
    *("ctrl+backslash", "ctrl+right_square_bracket", "ctrl+at", "ctrl+underscore", "ctrl+home", "ctrl+end"),
)

TEXTS = (
    *("", "分开", "分开\n不分开\r\n\t", "[b]x[/b] [/] [@click=app.quit]y[/]", "0.5", "-1", "春天的风 ABC"),
    *("\x1b[2J\x1b]0;title\x07\x9b31m", "\u202eabc\u2066\u200b", "\ud800x\udfff", "\0\x08\x7f\u2028\u2029\x85"),
    *("👩‍👩‍👧‍👦🇨🇳❤️é", "开" * 3_000, "x " * 1_500, "á̂̃̄" * 20, "a|b\\|c\\"),
)
"""What may be pasted, be in a text that is reported, or stand in a path."""

NUMBERS = (
    *("0", "1", "2", "5", "8", "31", "420", "16384", "99999999999999999999", "1" * 5_000, "-1", "٣", "8 8"),
    *("0.2", "1e6", "1e-300", "5", "nan", "inf", "-inf", "1e999", "0x10", "1_000", "auto"),
)
CLOSE = ("ctrl+s", "ctrl+s", "enter", "escape", "tab", "?")
"""How a form is left, or not."""

SIZES = st.one_of(
    st.sampled_from([(80, 24), (1, 1), (39, 12), (40, 11), (40, 12), (66, 20), (110, 32), WIDE]),
    st.tuples(st.integers(1, 100), st.integers(1, 30)),
    st.sampled_from([(300, 100), (300, 1), (1, 100), (300, 12), (40, 100)]),
    st.tuples(st.integers(1, 300), st.integers(1, 100)),
)
SPOTS = st.tuples(st.integers(0, 299), st.integers(0, 99))
LOOK, FIT = 15, 5
"""After how many steps the screen is compared with what is, and each of its rows is measured."""
Result = TypeVar("Result")
FILLS = st.tuples(st.sampled_from(sorted(SETTINGS)), st.one_of(one_of(NUMBERS), one_of(TEXTS)), st.integers(0, 2))
"""A field of the form, what is pasted into it, and which of its choices is taken."""
OFFERS = (*StudioScreen.ACTIONS, *LyrictermApp.ACTIONS)


@dataclass
class Tally:
    """What has been done to one kind of app, over all examples."""

    actions: int = 0
    looks: int = 0
    """How often the screen was compared with what is."""


class Storm(RuleBasedStateMachine):
    """Anything in any order, to an app that its heirs open; after everything, nothing is broken."""

    tally: Tally

    def __init__(self) -> None:
        super().__init__()
        # One context for all that runs in it, so that the app stays the active one from rule to rule.
        self.runner = asyncio.Runner()
        self.opened: AbstractAsyncContextManager[Desk] | None = None
        self.desk: Desk
        self.steps = 0

    def open(self) -> AbstractAsyncContextManager[Desk]:
        """The app."""
        raise NotImplementedError

    @initialize(first=st.integers(0, 7))
    def begin(self, first: int) -> None:
        # An example of the simplest choices only is one and the same blow, over and over.
        assume(first)
        opening = self.open()
        self.desk = self.run(opening.__aenter__())
        self.opened = opening

    def teardown(self) -> None:
        try:
            if self.opened is not None:
                self.run(self.desk.settle())
                self.run(self.opened.__aexit__(None, None, None))
        finally:
            self.runner.close()
            translator.use("en")

    def run(self, doing: Coroutine[Any, Any, Result]) -> Result:
        """Let the app live until this is done."""
        return self.runner.run(doing)

    def post(self, *happened: events.Event) -> None:
        """As if a terminal had sent these; each counts as an action."""

        async def send() -> None:
            for event in happened:
                self.desk.app.post_message(event)
            await self.desk.pilot.pause(0)

        self.run(send())
        self.tally.actions += len(happened)

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=10, max_size=40))
    def press(self, keys: list[str]) -> None:
        self.post(*map(key_event, keys))

    @rule(keys=st.lists(st.sampled_from(BOUND), min_size=6, max_size=24))
    def press_what_is_bound(self, keys: list[str]) -> None:
        self.post(*map(key_event, keys))

    @rule(text=one_of(TEXTS))
    def type_into_the_prompt(self, text: str) -> None:
        self.post(*map(key_event, ["escape", "escape", "slash", *text[:12]]))

    @rule(place=SPOTS, button=st.integers(1, 3), times=st.integers(1, 3))
    def click(self, place: tuple[int, int], button: int, times: int) -> None:
        for _time in range(times):
            self.post(self.mouse(events.MouseDown, place, button), self.mouse(events.MouseUp, place, button))

    @rule(start=SPOTS, end=SPOTS)
    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        moves = [self.mouse(events.MouseMove, place, 1) for place in (start, end)]
        self.post(self.mouse(events.MouseDown, start, 1), *moves, self.mouse(events.MouseUp, end, 1))

    @rule(place=SPOTS, how=st.sampled_from([events.MouseScrollUp, events.MouseScrollDown]), times=st.integers(1, 9))
    def scroll(self, place: tuple[int, int], how: type[events.MouseEvent], times: int) -> None:
        self.post(self.mouse(events.MouseMove, place, 0), *[self.mouse(how, place, 0) for _time in range(times)])

    @rule(texts=st.lists(one_of(TEXTS), min_size=1, max_size=5))
    def paste(self, texts: list[str]) -> None:
        self.post(*map(events.Paste, texts))

    @precondition(lambda self: self.steps % 2 == 0)
    @rule(size=SIZES)
    def resize(self, size: tuple[int, int]) -> None:
        self.run(become(self.desk, size))
        self.tally.actions += 1

    @rule(offer=one_of(OFFERS))
    def take_from_the_palette(self, offer: Any) -> None:
        app = self.desk.app
        target = app.studio if offer in StudioScreen.ACTIONS else app
        if offer in StudioScreen.ACTIONS and app.screen is not app.studio:
            return
        app.call_later(app.run_action, offer.run, target)
        self.post(events.AppFocus())

    # Opening the form takes as long as fifty keys.
    @precondition(lambda self: self.steps % 4 == 0)
    @rule(fills=st.lists(FILLS, min_size=1, max_size=4), close=st.sampled_from(CLOSE))
    def fill_in_the_form(self, fills: list[tuple[str, str, int]], close: str) -> None:
        self.run(calm(self.desk))
        self.post(key_event("e"))
        app = self.desk.app
        self.run(self.desk.until(lambda: isinstance(app.screen, SettingsScreen) and app.screen.is_mounted))
        for setting, text, choice in fills:
            self.fill(app.screen.query_one(f"#set-{setting.replace('_', '-')}"), text, choice)
        self.post(key_event(close))

    def fill(self, field: Widget, text: str, choice: int) -> None:
        """Decoder, or paste over what is there or into it."""
        if isinstance(field, Select):
            options = [value for _words, value in field._options]
            field.value = options[choice % len(options)]
        elif isinstance(field, Input):
            field.focus()
            field.value = "" if choice else field.value
        self.post(events.Paste(text))

    async def compare(self) -> None:
        """Go to the studio, and see that it tells the truth."""
        raise NotImplementedError

    @invariant()
    def true(self) -> None:
        if self.opened is not None and self.steps % LOOK == 0:
            self.run(self.compare())
            self.tally.looks += 1

    @invariant()
    def alive(self) -> None:
        if self.opened is None:
            return
        app = self.desk.app
        if app._exception is not None:
            raise app._exception
        assert app.is_running
        assert app.studio.is_running
        state = app.studio.state
        assert len(state.entries) <= MAX_ENTRIES
        assert len(app.studio.query_one(SampleLog)._heights) <= MAX_ENTRIES
        self.steps += 1
        if self.steps % FIT == 0:
            self.run(fits(self.desk))

    def mouse(self, kind: type[events.MouseEvent], place: tuple[int, int], button: int) -> events.MouseEvent:
        """An event somewhere on the screen as large as it is."""
        width, height = self.desk.app.size
        x, y = place[0] % width, place[1] % height
        told: dict[str, Any] = {"x": x, "y": y, "screen_x": x, "screen_y": y, "delta_x": 0, "delta_y": 0}
        return kind(None, **told, button=button, shift=False, meta=False, ctrl=False)


async def become(desk: Desk, size: tuple[int, int]) -> None:
    """Another size of the terminal; unlike a pilot's, it does not wait for a trainer that never idles."""
    driver = desk.app._driver
    assert isinstance(driver, HeadlessDriver)
    driver._size = Size(*size)
    desk.app.post_message(events.Resize(driver._size, driver._size))
    await desk.settle()


async def calm(desk: Desk, size: tuple[int, int] = USUAL) -> None:
    """Back to the studio, whatever was open."""
    if desk.app.size != size:
        await become(desk, size)
    while desk.app.screen is not desk.app.studio:
        await desk.press("escape")
    await desk.press("escape")


async def fits(desk: Desk) -> None:
    """Each row of the screen is as wide as the terminal, and nothing in it steers the terminal."""
    await desk.settle()
    # The studio may just have come back from behind another screen, as it was before the terminal's size changed.
    await desk.until(lambda: len(desk.app.screen._compositor.render_strips()) == desk.app.size.height)
    width, rows = desk.app.size.width, desk.app.screen._compositor.render_strips()
    for row in rows:
        # An emoji of several code points is its first picture, and a joiner, which no terminal draws, for each other.
        drawn = row.text.replace(JOINED, "")
        assert drawn == safe(drawn)
        assert sum(cell_len(segment.text) for segment in row) == width, row.text
        assert "Traceback" not in row.text


def shown(desk: Desk) -> list[str]:
    """The values in the settings panel."""
    return [desk.setting(row.label).strip("→‹› ") for row in ROWS]


def expected(recipe: Recipe) -> list[str]:
    """What the settings panel must show of a recipe."""
    values = {row.setting: setting_value(getattr(recipe, row.setting)) for row in ROWS}
    values["pred_period"] = _("every {value}").format(value=values["pred_period"])
    return list(values.values())


def doing(desk: Desk, status: RunStatus) -> bool:
    """The header says that the trainer does this."""
    return desk.lines()[1].startswith(f"  {status.label} ")


def machine(kind: type[Storm], tally: Tally, **more: Any) -> type[Storm]:
    """Storms of one kind that count into one tally."""
    return type(kind.__name__, (kind,), {"tally": tally, **more})
