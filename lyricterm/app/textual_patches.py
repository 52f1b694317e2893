"""Every place where Textual's private parts are used or its public methods are mended, each with its reason.

All of it is for Textual 8.2; look at each again with another minor version.
"""

from __future__ import annotations

import os
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.text import Text
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette
from textual.events import Key, MouseDown, MouseMove
from textual.geometry import Offset, Region
from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, _toast
from textual.widgets._input import Selection
from textual.widgets._toast import Toast

from lyricterm.core.graphemes import whole_around
from lyricterm.core.line_breaks import clause_breaks
from lyricterm.core.log import logger


def accept_any_bytes() -> None:
    """Read bytes from the terminal that are not UTF-8 as U+FFFD.

    Reason: Textual's reader of the keyboard decodes strictly, and one wrong byte ends the app. It offers no other
    way in than the name that its module looks up.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    decoder = partial(getincrementaldecoder("utf-8"), errors="replace")
    linux_driver.getincrementaldecoder = lambda encoding: decoder  # type: ignore[attr-defined]


def take_keys_whole() -> None:
    """Read the terminal's sequences whole, also where a slow line tears them apart; see ``whole_keys``.

    Reason: Textual's reader of the keyboard has no other way in than the name that its module looks up.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    from lyricterm.app.whole_keys import WholeKeys

    linux_driver.XTermParser = WholeKeys  # type: ignore[attr-defined]
    if "TEXTUAL_DRIVER" in os.environ:
        # A lab in a browser; elsewhere the import would cost the first frame some milliseconds.
        from textual.drivers import web_driver

        web_driver.XTermParser = WholeKeys  # type: ignore[attr-defined]


def keep_first_terminal_settings() -> None:
    """Give the terminal back as it was before the first start, and read its keys in one thread only.

    Reason: at a SIGCONT without a stop that it has caught, Textual 8.2 starts the terminal a second time. It then takes
    the raw settings for those to restore, and leaves the first reader of the keys running.
    """
    if sys.platform == "win32":
        return
    from textual.drivers.linux_driver import LinuxDriver

    start = LinuxDriver.start_application_mode

    def start_again(driver: LinuxDriver) -> None:
        settings, reader = driver.attrs_before, driver._key_thread
        if reader is not None and reader.is_alive():
            driver.disable_input()
        start(driver)  # type: ignore[no-untyped-call]
        if settings is not None:
            driver.attrs_before = settings

    LinuxDriver.start_application_mode = start_again  # type: ignore[method-assign]


_SPARE = 2
"""Cells at the end of a toast's lines, for wide characters that have to move."""


class _Folded:
    """Lines broken where Chinese and English may break, at whatever width there is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._lines(options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widest = max(line.cell_len for line in self._lines(options))
        return Measurement(2, max(2, min(widest + _SPARE, options.max_width)))

    def _lines(self, options: ConsoleOptions) -> list[Text]:
        room = max(2, options.max_width - _SPARE)
        paragraphs = [paragraph.rstrip() for paragraph in self._text.split("\n")]
        lines = [line for text in paragraphs for line in Text(text).divide(clause_breaks(text, room, cell_len))]
        for line in lines:
            line.rstrip()
        return lines


class FoldedToast(Toast):
    """A toast without a title.

    Reason: Textual breaks lines at blanks only, which Chinese has few of; and it draws two blanks for a wide character
    that stands where a widget below begins or ends.
    """

    def render(self) -> RenderableType:  # type: ignore[override]
        """Its message."""
        return _Folded(self._notification.message)

    def render_lines(self, crop: Region) -> list[Strip]:
        """No wide character stands across the edge of a widget below."""
        strips, left, top = super().render_lines(crop), self.region.x + crop.x, self.region.y + crop.y
        if not self.is_attached:
            # It was closed, and is drawn once more.
            return strips
        for row, cuts in enumerate(self.screen._compositor.cuts[top : top + len(strips)]):
            for cut in cuts:
                strips[row] = _moved_off(strips[row], cut - left)
        return strips


def _moved_off(strip: Strip, cut: int) -> Strip:
    """The same cells; a wide character across the cut moves on by a cell."""
    start = 0
    for character in strip.text:
        if start + 1 == cut and cell_len(character) == 2:
            # Half a character is drawn as a blank.
            parts = (strip.crop(0, start), strip.crop(start, cut), strip.crop(start, strip.cell_length - 1))
            return Strip.join(parts)
        start += cell_len(character)
    return strip


def fold_toasts() -> None:
    """Show ``FoldedToast``. Reason: Textual makes its toasts by the name that their module looks up."""
    _toast.Toast = FoldedToast  # type: ignore[misc]


class PatchedApp(App[None]):
    """An app that ends quietly, and says itself what went wrong."""

    def __init__(self) -> None:
        fold_toasts()
        super().__init__()

    def _handle_exception(self, error: Exception) -> None:
        """Log an error that comes while the app ends.

        Reason: a screen that has just been opened then loses its widgets while it sets them up; nobody sees it any
        more, but Textual would print a traceback.
        """
        if self._exit:
            logger().error("while leaving", exc_info=error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Hand an error of the app to ``tell_of_error``. Reason: Textual prints its traceback with all locals."""
        self.tell_of_error(sys.exc_info()[1] or self._exception)

    def tell_of_error(self, error: BaseException | None) -> None:
        """Say that the app ends because of an error."""
        raise NotImplementedError

    def refresh_css(self, animate: bool = True) -> None:
        """Use the theme's colours. Reason: before the first style sheet is parsed, Textual parses all of them twice."""
        if self.stylesheet._rules:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def call_in_loop(self, callback: Callable[[], object]) -> None:
        """Call something in the event loop, from a signal handler; nothing happens before the loop runs.

        Reason: ``call_from_thread`` waits for the answer, and ``call_later`` does not wake the loop up.
        """
        if self._loop is not None:
            self._loop.call_soon_threadsafe(callback)


_HURRIED = 0.01
"""Seconds between two paintings that do not wait for the clock."""


class SafeScreen(Screen[ScreenResultType]):
    """A screen that survives keys and clicks that come while it, or a toast on it, is closed."""

    _hurried_at = 0.0

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen if it is on top. Reason: Textual closes whichever screen is on top, even the last."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget at a place, and where in its content.

        Reason: Textual expects that the widget has a parent; a toast that is being removed has none.
        """
        widget, offset = super().get_widget_and_offset_at(x, y)
        if widget is None or (widget.parent is None and widget is not self):
            return None, None
        return widget, offset

    def paint_at_once(self, *widgets: Widget) -> None:
        """Paint these now, those of them that have changed; for the screen's ``on_idle``.

        Reason: Textual paints whatever has changed when a clock ticks, 60 times a second; a typed character would wait
        for the tick, and then for everything else. Of keys that come together, the tick paints the later ones.
        """
        hurried = self._dirty_widgets.intersection(widgets)
        waits = self._layout_required or self._scroll_required or self._repaint_required or self.app._batch_count
        now = time.monotonic()
        if hurried and self.is_current and not waits and now - self._hurried_at >= _HURRIED:
            self._hurried_at = now
            others = self._dirty_widgets - hurried
            self._compositor.update_widgets(hurried)
            self._compositor_refresh()
            self._dirty_widgets.update(others)


class SafePalette(CommandPalette, SafeScreen[None]):
    """Textual's palette, in a terminal of any size."""

    def _action_command_list(self, action: str) -> None:
        """Turn pages. Reason: before it is laid out, or where it has no room, the list has no lines to turn by."""
        with suppress(LookupError):
            super()._action_command_list(action)


_EDITS = frozenset(binding.action for binding in Input.BINDINGS if isinstance(binding, Binding))
"""What the keys of every input do."""


class CursorInput(Input):
    """An input that takes keys in their order, and tells whether its cursor is drawn now."""

    async def _on_key(self, event: Key) -> None:
        """Edit at once.

        Reason: Textual puts in letters at once, but looks up other keys when the event has gone up to the app. Of keys
        that come together, as over a slow line, Backspace would delete what was typed after it.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            # A key with an id is ours; a keymap may have given its action another one.
            if not binding.id and binding.action in _EDITS and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    @property
    def cursor_drawn(self) -> bool:
        """Whether the cursor is in the lit half of its blinking. Reason: Textual keeps that to itself."""
        return self.has_focus and self._cursor_visible


class RowsInput(CursorInput):
    """An input that a subclass draws over several rows.

    Reason: Textual's input has one, and scrolls it sideways; where its cursor and the mouse are, it keeps to itself.
    It moves and deletes by code points, and lays the whole screen out anew with each character.
    """

    value: Reactive[str] = Reactive("", layout=False, init=False)

    def validate_selection(self, selection: Selection) -> Selection:
        """The cursor never stands within an emoji of several code points; it goes on in the direction it came."""
        start, end = super().validate_selection(selection)
        before, behind = whole_around(self.value, end, end + 1)
        if before < end:
            end = behind if end > self.cursor_position else before
        return Selection(end if selection.is_empty else start, end)

    def delete(self, start: int, end: int) -> None:
        """Characters that a person sees go as a whole."""
        super().delete(*whole_around(self.value, max(0, start), end))

    def place_of(self, position: int) -> Offset:
        """The cell of a character, from the top left corner of what is in sight."""
        raise NotImplementedError

    def index_at(self, place: Offset) -> int:
        """The character at a cell."""
        raise NotImplementedError

    @property
    def content_width(self) -> int:
        """Nothing scrolls sideways."""
        return 1

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the terminal's cursor, and so what an input method composes, belongs."""
        return self.content_region.offset + self.place_of(self.cursor_position)

    def on_mouse_down(self, event: MouseDown) -> None:
        """The cursor goes where the mouse is."""
        event.prevent_default()
        self._pause_blink(visible=True)
        self.selection = Selection.cursor(self.index_at(event.get_content_offset_capture(self)))
        self._selecting = True
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Select as far as the mouse is dragged."""
        event.prevent_default()
        if self._selecting:
            self.selection = Selection(self.selection.start, self.index_at(event.get_content_offset_capture(self)))
