"""The field of the prompt: what is typed wraps over several rows, and the completion goes on behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from lyricterm.app.actions import Action, bindings
from lyricterm.app.textual_patches import RowsInput
from lyricterm.core.graphemes import whole_around, whole_characters
from lyricterm.core.i18n import N_
from lyricterm.core.line_breaks import line_breaks
from lyricterm.core.sanitize import lyric_line, outgoing
from lyricterm.core.settings import MAX_PREFIX_CHARS

PROMPT_ACTIONS: tuple[Action, ...] = (
    Action("prompt.keep", "enter", N_("keep"), N_("keep the completion in the log"), "submit", rank=2),
    Action(
        "prompt.take",
        "right",
        N_("take over"),
        N_("take the completion over, as if you had typed it"),
        "cursor_right",
        rank=3,
    ),
    Action(
        "prompt.newline",
        "ctrl+j",
        N_("new line"),
        N_("begin the next line, where the text keeps its newlines"),
        "newline",
        synonyms=N_("newline break verse poem"),
    ),
    Action("prompt.leave", "escape", N_("leave"), N_("give the keys back to the studio"), "leave", rank=1),
    Action(
        "prompt.again",
        "ctrl+r",
        N_("draw again"),
        N_("draw another completion, with the next seed"),
        "ask_prompt('again')",
        title=N_("draw another completion"),
        rank=43,
        synonyms=N_("reroll seed random sample"),
    ),
    Action(
        "prompt.several",
        "ctrl+n",
        N_("several"),
        N_("one completion, or several to choose from"),
        "ask_prompt('several')",
        title=N_("several completions"),
        rank=44,
        synonyms=N_("candidates compare choose"),
    ),
    Action(
        "prompt.knobs",
        "ctrl+t",
        N_("knobs"),
        N_("open the knobs of decoding: temperature, top-k, top-p, …"),
        "ask_prompt('knobs')",
        title=N_("knobs of decoding"),
        rank=42,
        synonyms=N_("temperature top-k top-p min-p penalty beam decoding tune"),
    ),
    Action(
        "prompt.greedy",
        "ctrl+g",
        N_("greedy"),
        N_("the likeliest character each time, as in the chapter: all knobs off"),
        "ask_prompt('greedy')",
        title=N_("greedy completion"),
        synonyms=N_("likeliest reset off temperature"),
    ),
    Action("prompt.next", "down", N_("next"), N_("choose the next of several completions"), "ask_prompt('next')"),
    Action(
        "prompt.previous",
        "up",
        N_("previous"),
        N_("choose the previous of several completions"),
        "ask_prompt('before')",
    ),
)


class PromptInput(RowsInput):
    """Typed text and, behind it, the completion."""

    COMPONENT_CLASSES = {"prompt--typed", "prompt--unknown"}
    ACTIONS: ClassVar[tuple[Action, ...]] = PROMPT_ACTIONS
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    BINDINGS = bindings(ACTIONS)

    class Taken(Message):
        """The person takes the suggestion over."""

    class Asked(Message):
        """A key of the prompt's other parts: ``again``, ``several``, ``knobs``, ``greedy``, ``next``, ``before``."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    ghost: reactive[Text] = reactive(Text(), layout=False)
    """What stands behind the typed text."""

    def __init__(self, unknown: Callable[[str], list[tuple[int, int]]]) -> None:
        """``unknown`` finds the places, from and to, of typed characters that the model does not know."""
        super().__init__(id="typed", compact=True, max_length=MAX_PREFIX_CHARS, select_on_focus=False)
        self._unknown = unknown
        self.keeps_lines = False
        """The text that is trained on has newlines, and so may what is typed."""

    def validate_value(self, value: str) -> str:
        """Nothing in it steers the terminal; joiners and selectors belong to their character."""
        return "\n".join(map(outgoing, self._lines(value))) if self.keeps_lines else outgoing(value)

    def _lines(self, value: str) -> list[str]:
        return value.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def starts(self) -> list[int]:
        """Where in the typed text and the ghost each row begins."""
        return [0, *row_breaks(lyric_line(self.value), self.ghost.plain, self.content_size.width)]

    def render_line(self, y: int) -> Strip:
        """One row of the typed text and the ghost."""
        if not self.value:
            return super().render_line(y)
        starts = self.starts()
        y += self._top(starts)
        if y >= len(starts):
            return Strip.blank(self.size.width, self.rich_style)
        row = self._drawn()[starts[y] : starts[y + 1] if y + 1 < len(starts) else None]
        width = self.content_size.width
        strip = Strip(row.render(self.app.console, end="")).crop(0, width)
        return strip.extend_cell_length(width).apply_style(self.rich_style)

    def _drawn(self) -> Text:
        """All of it on one line, with the cursor and what is selected."""
        value = lyric_line(self.value)
        text = Text()
        text.append(value, self.get_component_rich_style("prompt--typed", partial=True))
        for start, end in self._unknown(self.value):
            text.stylize(self.get_component_rich_style("prompt--unknown", partial=True), start, end)
        if self.has_focus and not self.selection.is_empty:
            text.stylize(self.get_component_rich_style("input--selection"), *sorted(self.selection))
        text.append_text(self.ghost or Text(" "))
        if self.cursor_drawn:
            place = whole_around(text.plain, self.cursor_position, self.cursor_position + 1)
            text.stylize(self.get_component_rich_style("input--cursor"), *place)
        return text

    def place_of(self, position: int) -> Offset:
        """The cell of a character, from the top left corner of what is in sight."""
        starts = self.starts()
        row = _row_of(position, starts)
        shown = lyric_line(self.value)[starts[row] : position]
        return Offset(min(cell_len(shown), max(0, self.content_size.width - 1)), row - self._top(starts))

    def index_at(self, place: Offset) -> int:
        """The typed character at a cell; beyond the end, the end."""
        starts = self.starts()
        row = max(0, place.y + self._top(starts))
        if row >= len(starts):
            return len(self.value)
        end = starts[row + 1] if row + 1 < len(starts) else len(self.value)
        at = starts[row]
        cells = 0
        shown = lyric_line(self.value)[at:end]
        for first, behind in whole_characters(shown):
            cells += cell_len(shown[first:behind])
            if cells > place.x:
                break
            at += behind - first
        return min(at, len(self.value))

    def rows_wanted(self) -> int:
        """Rows for the typed text and one more of the completion."""
        return len(line_breaks(lyric_line(self.value), max(2, self.content_size.width), cell_len)) + 2

    def _top(self, starts: list[int]) -> int:
        """The first row in sight: the cursor's is, and where there is room the next one."""
        height = max(1, self.content_size.height)
        row = _row_of(self.cursor_position, starts)
        return max(0, min(row + 2 - height, len(starts) - height)) if height > 1 else row

    def action_cursor_right(self, select: bool = False) -> None:
        """At the end of the text: take the suggestion over."""
        if not select and self.cursor_at_end and self.value:
            self.post_message(self.Taken())
        else:
            super().action_cursor_right(select)

    def on_key(self, event: events.Key) -> None:
        """Textual takes no joiner for printable; an emoji that is typed or picked has them."""
        if event.character and event.character in "\u200c\u200d":
            event.stop()
            event.prevent_default()
            self.replace(event.character, *self.selection)

    def key_right(self, event: events.Key) -> None:
        """Where a keymap has given the taking over to another key, the arrow still moves the cursor."""
        if "right" not in self.screen.active_bindings:
            event.stop()
            super().action_cursor_right()

    def action_ask_prompt(self, what: str) -> None:
        """Hand the key on to the prompt."""
        self.post_message(self.Asked(what))

    def action_newline(self) -> None:
        """The next line begins; where the text knows no lines, that is a space."""
        self.replace("\n", *self.selection)

    def action_leave(self) -> None:
        """Give the keys back to the studio."""
        self.screen.set_focus(None)

    def on_paste(self, event: events.Paste) -> None:
        """All lines of a pasted text count; newlines become spaces or stay, as in the corpus."""
        event.prevent_default()
        event.stop()
        pasted = self.validate_value("\n".join(self._lines(event.text)))[: MAX_PREFIX_CHARS - len(self.value)]
        self.replace(pasted, *self.selection)


@lru_cache(maxsize=4)  # each row that is drawn asks for the same
def row_breaks(typed: str, ghost: str, width: int) -> tuple[int, ...]:
    """Where new rows begin in the typed text with the ghost behind it.

    The ghost never moves what is typed: a word that it goes on with is cut. There is always a place for the cursor.
    """
    width = max(2, width)
    breaks = line_breaks(typed, width, cell_len)
    last = breaks[-1] if breaks else 0
    behind = ghost or " "
    used = cell_len(typed[last:])
    if used + cell_len(behind[0]) > width:
        breaks.append(len(typed))
        last, used = len(typed), 0
    more = line_breaks("x" * used + behind, width, cell_len)
    if more and more[0] < used:
        fits = _fitting(behind, width - used)
        return (
            *breaks,
            len(typed) + fits,
            *(len(typed) + fits + at for at in line_breaks(behind[fits:], width, cell_len)),
        )
    return (*breaks, *(len(typed) + at - used for at in more))


def _fitting(text: str, room: int) -> int:
    """How many characters of a text fit into ``room`` cells; at least one that a person sees."""
    for start, end in whole_characters(text):
        room -= cell_len(text[start:end])
        if room < 0:
            return start or end
    return len(text)


def _row_of(position: int, starts: list[int]) -> int:
    return max(row for row, start in enumerate(starts) if start <= position)
