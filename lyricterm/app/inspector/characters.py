"""The vocabulary, the one-hot vector of one character, and the row of W_xh that it selects."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.one_hot_list import one_hot_list
from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, beside, prose
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import AskRow, AskVocabulary, RowShown, VocabularyShown
from lyricterm.core.number_format import figure
from lyricterm.core.sanitize import visible

_LIST = 34
"""Cells of the list, its gap included."""
_TWO_COLUMNS = 74
_BAR = 10


class CharactersView(View):
    """A list to scroll, sort and find in, and what the chosen character selects."""

    title, short = N_("characters"), N_("characters")
    help = N_("the vocabulary, one-hot vectors and what they select")
    keys = {
        "down": N_("next"),
        "up": N_("previous"),
        "choose": N_("sort by count or index"),
        "find": N_("find"),
        "home": N_("first"),
        "end": N_("last"),
    }
    answer: RowShown | None = None

    def __init__(self) -> None:
        self._listed: VocabularyShown | None = None
        self._by_count = False
        self._order: Sequence[int] = ()
        self._found: Sequence[int] = ()
        """Indices in the order of the list: all, or those of the characters that are looked for."""
        self._wanted = ""
        self._at = 0
        self._page = 1

    @property
    def index(self) -> int:
        """Of the chosen character."""
        return self._found[self._at] if self._found else 0

    def question(self, sight: Sight) -> AskVocabulary | AskRow | None:
        """The list once a run, then the row that is selected, as it learns."""
        if self._listed is None:
            return AskVocabulary()
        most = max(1, _detail_width(sight.width) * max(1, sight.height))
        return AskRow(self.index, most) if self._found else None

    def take(self, answer: object) -> None:
        """The list, or a row."""
        if isinstance(answer, VocabularyShown):
            self._listed = answer
            self._sort()
        elif isinstance(answer, RowShown):
            self.answer = answer

    def forget(self) -> None:
        """Another run may have another text."""
        super().forget()
        self._listed, self._order, self._found, self._at = None, (), (), 0

    def press(self, key: str, sight: Sight) -> None:
        """↑ ↓ choose, Home and End, Page Up and Page Down, Enter sorts."""
        moves = {"up": -1, "down": 1, "page-up": -self._page, "page-down": self._page}
        last = len(self._found) - 1
        self._at = {"home": 0, "end": last}.get(key, self._at + moves.get(key, 0))
        self._at = max(0, min(last, self._at))
        if key == "choose":
            self._by_count = not self._by_count
            chosen = self.index
            self._sort()
            self._at = self._found.index(chosen) if self._found else 0

    def go_to(self, number: int) -> None:
        """A character of the list was clicked."""
        if number in self._found:
            self._at = self._found.index(number)

    def find(self, wanted: str) -> None:
        """Show the characters that are typed, as typed or in lower case; all of them for nothing."""
        self._wanted = wanted
        self._sort()
        self._at = max(0, len(self._found) - 1) if wanted else 0

    def _sort(self) -> None:
        if self._listed is None:
            return
        counts = self._listed.counts
        every = range(len(counts))
        self._order = sorted(every, key=lambda index: -counts[index]) if self._by_count else every
        places = {character: index for index, character in enumerate(self._listed.characters)}
        typed = (places.get(character, places.get(character.lower())) for character in self._wanted)
        found = {index: None for index in typed if index is not None}
        self._found = list(found) if self._wanted else self._order

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """The list on the left, the chosen character on the right (above, where there is no room)."""
        if self._listed is None:
            return []
        if sight.width >= _TWO_COLUMNS:
            listed = self._list(sight.height, paint)
            return beside(listed, self._detail(sight.width - _LIST, sight.height, paint), _LIST, "")
        rows = max(3, sight.height // 2)
        detail = self._detail(sight.width, sight.height - rows, paint)[: sight.height - rows]
        return detail + self._list(sight.height - len(detail), paint)

    def _list(self, height: int, paint: Paint) -> Lines:
        assert self._listed is not None
        order = _("by count") if self._by_count else _("by index")
        count = _("{count} characters").format(count=f"{len(self._listed.counts):,}")
        head = TextLine(count, paint["title"]).add(" · ").add(order, paint.click("key", "press('choose')"))
        if not self._found:
            return [head, *prose(_("None of these characters is in the vocabulary."), _LIST - 3, paint["alarm"])]
        self._page = rows = max(1, height - 1)
        first = max(0, min(self._at - rows // 2, len(self._found) - rows))
        most = max(self._listed.counts)
        shown = self._found[first : first + rows]
        return [head, *(self._entry(index, most, paint) for index in shown)]

    def _entry(self, index: int, most: int, paint: Paint) -> TextLine:
        assert self._listed is not None
        picked = index == self.index
        style = paint.click("picked" if picked else "plain", f"go_to({index})")
        count = self._listed.counts[index]
        name = visible(self._listed.characters[index])
        line = TextLine(f"{index:>6} ", paint.click("picked" if picked else "quiet", f"go_to({index})"))
        line.add(name + " " * max(1, 7 - cell_len(name)), style).add(f"{count:>6,} ", style)
        return line.add("▬" * max(1, round(_BAR * count / most)), paint["bar"])

    def _detail(self, width: int, height: int, paint: Paint) -> Lines:
        assert self._listed is not None
        if not self._found:
            return []
        index, total = self.index, sum(self._listed.counts)
        character, count = self._listed.characters[index], self._listed.counts[index]
        told = _("{character} · U+{code} · index {index} · {count} times, {share} of the text").format(
            character=visible(character),
            code=f"{ord(character):04X}",
            index=f"{index:,}",
            count=f"{count:,}",
            share=f"{count / total:.2%}",
        )
        lines = prose(told, width, paint["title"])
        lines += [TextLine(), TextLine(_("one-hot vector X"), paint["quiet"])]
        lines += _one_hot(index, len(self._listed.counts), width, paint)
        row = self.answer
        if row is None or row.index != index:
            return lines
        lines += one_hot_list(row, self._listed.characters, width, (height - len(lines)) // 3, paint)
        return [*lines, TextLine(), *_row(row, len(self._listed.counts), width, height - len(lines) - 1, paint)]


def _detail_width(width: int) -> int:
    return width - _LIST if width >= _TWO_COLUMNS else width


def _one_hot(index: int, size: int, width: int, paint: Paint) -> Lines:
    """The entries around the one, with the places of the vector below."""
    cell = len(str(size - 1)) + 1
    room = max(1, (width - 2 * cell - 4) // cell)
    first = max(0, min(index - room // 2, size - room))
    shown = range(first, min(size, first + room))
    above, below = TextLine("["), TextLine(" ")
    if first:
        above.add("0".rjust(cell), paint["quiet"]).add(" …", paint["quiet"])
        below.add("0".rjust(cell) + "  ", paint["quiet"])
    for place in shown:
        above.add(("1" if place == index else "0").rjust(cell), paint["picked" if place == index else "quiet"])
        below.add(str(place).rjust(cell), paint["accent" if place == index else "quiet"])
    if shown[-1] < size - 1:
        above.add(" …", paint["quiet"]).add("0".rjust(cell), paint["quiet"])
        below.add("  " + str(size - 1).rjust(cell), paint["quiet"])
    return [above.add(" ]"), below]


def _row(row: RowShown, size: int, width: int, room: int, paint: Paint) -> Lines:
    wide = row.hidden * len(row.gates)
    if row.embedding:
        told = _(
            "X = row {index} of the embedding E ({size} × {embedding}) · X W_xh, {wide} numbers · norm {norm} · "
            "largest ±{largest}"
        )
    else:
        told = _("X W_xh = row {index} of W_xh ({size} × {wide}) · norm {norm} · largest ±{largest}")
    lines = prose(
        told.format(
            index=f"{row.index:,}",
            size=f"{size:,}",
            wide=f"{wide:,}",
            embedding=f"{row.embedding:,}",
            norm=figure(row.norm),
            largest=figure(row.largest),
        ),
        width,
        paint["quiet"],
    )
    rows = max(1, (room - len(lines) - 1) // len(row.gates))
    per_line = width - 3
    for label, values in zip(row.names, row.gates, strict=True):
        shown = values[: per_line * rows]
        for start in range(0, len(shown), per_line):
            line = TextLine((label if start == 0 else "").ljust(3 + label.count("\u0303")), paint["quiet"])
            for value in shown[start : start + per_line]:
                share = value / row.largest if row.largest else 0.0
                line.add(paint.sign(share), paint.heat(share))
            lines.append(line)
    seen = min(row.hidden, per_line * rows)
    return [*lines, _legend(row.largest, seen, row.hidden, paint)]


def _legend(largest: float, seen: int, hidden: int, paint: Paint) -> TextLine:
    line = TextLine("   ").add(f"-{figure(largest)} ", paint["quiet"])
    for step in range(-4, 5):
        line.add(paint.sign(step / 4), paint.heat(step / 4))
    line.add(f" +{figure(largest)}", paint["quiet"])
    words = _("{seen} of {count} values").format(seen=f"{seen:,}", count=f"{hidden:,}")
    return line.add(f"   {words}", paint["quiet"])
