"""Which minibatch each piece goes to, and which state it starts from: random and consecutive side by side."""

from __future__ import annotations

from collections.abc import Hashable

from lyricterm.app.inspector.base import Sight, View, run_of
from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, beside, flow, prose
from lyricterm.app.run_state import RunState
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import EXAMPLE_LENGTH, AskSampling, SamplingShown, Window
from lyricterm.core.number_format import setting_value

_TWO_COLUMNS = 70
_GAP = " │ "
_STACKED_ROWS = 4
_FIXED_ROWS = 10
"""Rows above the window of text that are always there, at least."""


class SamplingView(View):
    """Steps through the minibatches of one epoch."""

    title, short = N_("sampling"), N_("sampling")
    help = N_("which minibatch each piece of the text goes to")
    keys = {
        "right": N_("next minibatch"),
        "left": N_("previous minibatch"),
        "down": N_("next row"),
        "up": N_("previous row"),
        "choose": N_("current epoch"),
    }
    answer: SamplingShown | None = None

    def __init__(self) -> None:
        self._epoch: int | None = None
        self._minibatch = self._row = 0
        self._turn = 0

    def question(self, sight: Sight) -> AskSampling:
        """The window of text that there is room for."""
        width = _column(sight.width)
        return AskSampling(self._epoch, self._minibatch, self._row, width // 2, width * self._rows(sight))

    def place(self, state: RunState) -> Hashable:
        """The epoch stays the same while it is looked at."""
        return (run_of(state), self._turn)

    def forget(self) -> None:
        """Another run: its epoch under way, from the first minibatch."""
        super().forget()
        self._epoch = None
        self._minibatch = self._row = 0

    def press(self, key: str, sight: Sight) -> None:
        """← → minibatch, ↑ ↓ row, Home the first; Enter takes the epoch under way, else it stays the same."""
        self._epoch = self.answer.epoch if self.answer else None
        self._minibatch += {"left": -1, "right": 1}.get(key, 0)
        self._row += {"up": -1, "down": 1}.get(key, 0)
        if key == "home":
            self._minibatch = self._row = 0
        if key == "choose":
            self._epoch = None
            self._turn += 1
        most = max((window.minibatches for window in self.answer.windows), default=1) if self.answer else 1
        self._minibatch %= max(1, most)
        self._row %= self.answer.batch if self.answer else 1

    def _rows(self, sight: Sight) -> int:
        """Rows of each window of text."""
        if sight.width < _TWO_COLUMNS:
            return _STACKED_ROWS
        return max(_STACKED_ROWS, sight.height - _FIXED_ROWS)

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """What it is about, then the two columns (one below the other where there is no room)."""
        seen = self.answer
        if seen is None:
            return []
        head = _("epoch {epoch} · one colour a minibatch · 0→ state starts at zero, H→ goes on").format(
            epoch=f"{seen.epoch + 1:,}"
        )
        top = prose(head, sight.width, paint["quiet"])
        width = _column(sight.width)
        stacked = sight.width < _TWO_COLUMNS
        height = None if stacked else sight.height - len(top)
        left, right = (_sampling(window, seen, width, height, paint) for window in seen.windows)
        if stacked:
            return [*top, *left, TextLine(), *right]
        return top + beside(left, right, width, _GAP, paint["quiet"])


def _column(width: int) -> int:
    return width if width < _TWO_COLUMNS else (width - len(_GAP)) // 2


def _sampling(window: Window, seen: SamplingShown, width: int, height: int | None, paint: Paint) -> Lines:
    title = TextLine(setting_value(window.sampling), paint["title"])
    if window.sampling == seen.trains:
        title.add(" · " + _("the model trains with it"), paint["good"])
    above = [title, *_example(window, width, paint), TextLine(), *_row_of_text(window, seen, width, paint)]
    if not window.minibatches:
        return above
    rows = _STACKED_ROWS if height is None else max(_STACKED_ROWS, height - len(above))
    return [*above, *_text(window, width, rows, paint)]


def _example(window: Window, width: int, paint: Paint) -> Lines:
    """The numbers 0 to 29, then inputs X and labels Y of one minibatch."""
    example, count = window.example, len(window.example.inputs)
    picked = window.minibatch % count
    owners = {number: i for i, rows in enumerate(example.inputs) for row in rows for number in row}
    per_line = next((n for n in (30, 15, 10) if 3 * n - 1 <= width), 6)
    lines = [TextLine() for _ in range(0, EXAMPLE_LENGTH, per_line)]
    for number in range(EXAMPLE_LENGTH):
        owner = owners.get(number)
        style = paint["quiet"] if owner is None else paint.group(owner, picked=owner == picked)
        lines[number // per_line].add(f"{number:2}", style).add("" if number % per_line == per_line - 1 else " ")
    words = _("0…29 · batch 2, steps 6 · minibatch {number} of {count}")
    lines += prose(words.format(number=picked + 1, count=count), width, paint["quiet"])
    carried = window.carries_state and picked > 0
    for inputs, labels in zip(example.inputs[picked], example.labels[picked], strict=True):
        goes_on = window.carries_state and picked + 1 < count
        line = TextLine(f"{_arrow(carried)} X ", paint["key"])
        line.add(_numbers(inputs), paint.group(picked, picked=True)).add(" →H" if goes_on else " →0", paint["key"])
        below = TextLine("   Y ", paint["quiet"]).add(_numbers(labels), paint["quiet"])
        lines += [line.add("  ").join(below)] if line.width + below.width + 2 <= width else [line, below]
    return lines


def _numbers(row: tuple[int, ...]) -> str:
    return " ".join(f"{number:2}" for number in row)


def _arrow(carried: bool) -> str:
    return "H→" if carried else "0→"


def _row_of_text(window: Window, seen: SamplingShown, width: int, paint: Paint) -> Lines:
    """One row of one minibatch: where it stands, what state it starts from, and where its last state goes."""
    if not window.minibatches:
        return prose(_("The text is too short for this sampling with these steps and this batch."), width)
    numbers = _stepper("left", "right", _("minibatch {number} of {count}"), window.minibatch, window.minibatches, paint)
    numbers.add("  ").join(_stepper("up", "down", _("row {number} of {count}"), window.row, seen.batch, paint))
    start = window.starts[window.row]
    place = _("characters {first} to {last} of {count}").format(
        first=f"{start:,}", last=f"{start + seen.steps - 1:,}", count=f"{seen.characters:,}"
    )
    carried = window.carries_state and window.minibatch > 0
    words = _("starts at zero")
    if carried:
        words = _("goes on from row {row} of minibatch {number}").format(row=window.row + 1, number=window.minibatch)
    state = TextLine(_arrow(carried) + " ", paint["key"]).add(words, paint["good" if carried else "accent"])
    on = TextLine("→0 ", paint["key"]).add(_("its last state is dropped"), paint["accent"])
    if window.carries_state and window.minibatch + 1 < window.minibatches:
        words = _("goes on to row {row} of minibatch {number}")
        words = words.format(row=window.row + 1, number=window.minibatch + 2)
        on = TextLine("→H ", paint["key"]).add(words, paint["good"])
    return [numbers, TextLine(place, paint["quiet"]), state, on]


def _text(window: Window, width: int, rows: int, paint: Paint) -> Lines:
    """The text around the row."""
    styles = (
        paint["quiet"] if owner < 0 else paint.group(owner, picked=owner == window.minibatch) for owner in window.owners
    )
    return flow(window.text, styles, width, rows)


def _stepper(down: str, up: str, words: str, number: int, count: int, paint: Paint) -> TextLine:
    line = TextLine("‹ ", paint.click("key", f"press('{down}')"))
    line.add(words.format(number=f"{number + 1:,}", count=f"{count:,}"))
    return line.add(" ›", paint.click("key", f"press('{up}')"))
