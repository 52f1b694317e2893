"""The ten likeliest next characters at any place of a completion; one of them can be taken."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from lyricterm.app.inspector.base import Sight, View
from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, prose
from lyricterm.core.i18n import N_, _
from lyricterm.core.inspection import AskNext, NextShown
from lyricterm.core.sanitize import one_line, visible

_NAME = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_TEXT_ROWS = 6


class NextCharacterView(View):
    """← → move along the text, ↑ ↓ pick a candidate, Enter goes on from there."""

    title, short = N_("next character"), N_("next")
    help = N_("the ten likeliest at any place")
    keys = {
        "right": N_("along the text"),
        "left": N_("back"),
        "down": N_("less likely"),
        "up": N_("likelier"),
        "choose": N_("go on from here"),
        "home": N_("beginning"),
        "end": N_("end"),
    }
    answer: NextShown | None = None

    def __init__(self) -> None:
        self._place: int | None = None
        """None: just behind what is typed."""
        self._candidate = 0

    def question(self, sight: Sight) -> AskNext:
        """All places at once, so that moving about asks nothing."""
        return AskNext(sight.typed, sight.state.wanted.pred_len)

    def forget(self) -> None:
        """Another model."""
        super().forget()
        self._place, self._candidate = None, 0

    @property
    def _at(self) -> int:
        seen = self.answer
        if seen is None:
            return 0
        return min(len(seen.text), seen.typed if self._place is None else self._place)

    def press(self, key: str, sight: Sight) -> None:
        """Move; see ``chosen`` for Enter."""
        seen = self.answer
        if seen is None:
            return
        if key in ("left", "right", "home", "end"):
            to = {"home": 0, "end": len(seen.text)}.get(key, self._at + {"left": -1, "right": 1}.get(key, 0))
            self.go_to(to)
        last = len(seen.likeliest[self._at]) - 1
        self._candidate = max(0, min(last, self._candidate + {"up": -1, "down": 1}.get(key, 0)))

    def go_to(self, number: int) -> None:
        """A place in the text."""
        if self.answer is not None:
            self._place, self._candidate = max(0, min(len(self.answer.text), number)), 0

    def chosen(self, candidate: int | None = None) -> str | None:
        """The text up to here with a candidate behind it; then the view stands behind that."""
        seen = self.answer
        if seen is None:
            return None
        candidates = seen.likeliest[self._at]
        number = self._candidate if candidate is None else candidate
        if number >= len(candidates):
            return None
        return seen.text[: self._at] + candidates[number][0]

    def went_on(self) -> None:
        """What was chosen is typed now: stand behind it."""
        self._place, self._candidate = None, 0

    def lines(self, sight: Sight, paint: Paint) -> Lines:
        """The text with a cursor, then the candidates."""
        seen = self.answer
        if seen is None:
            return []
        at = self._at
        shown = one_line(seen.text)
        told = _("{likeliest} at place {place} of {count}").format(
            likeliest=_("the likeliest next characters"), place=at, count=len(seen.text)
        )
        lines = self._text(shown, seen, at, sight.width, paint)
        lines += [TextLine(), *prose(told, sight.width, paint["title"])]
        taken = seen.text[at] if at < len(seen.text) else None
        room = max(4, sight.width - _NAME - 14)
        for number, (character, probability) in enumerate(seen.likeliest[at]):
            picked = number == self._candidate
            style = paint.click("picked" if picked else "plain", f"choose({number})")
            mark = "•" if character == taken else " "
            name = set_cell_size(visible(character), _NAME)
            line = TextLine(f"{'▸' if picked else ' '}{mark}", paint["key"]).add(f" {name}", style)
            line.add(f"{probability:8.2%} ", paint["plain"]).add(_bar(probability, room), paint["bar"])
            lines.append(line)
        if taken is not None:
            words = _("• in the text: {character}, {share}").format(
                character=visible(taken), share=f"{seen.taken[at]:.2%}"
            )
            lines += [TextLine(), *prose(words, sight.width, paint["quiet"])]
        return lines

    def _text(self, shown: str, seen: NextShown, at: int, width: int, paint: Paint) -> Lines:
        """Around the cursor, as much as there is room for."""
        lines, here = [TextLine()], 0
        for place, character in enumerate(shown + " "):
            if lines[-1].width + cell_len(character) > width:
                lines.append(TextLine())
            name = "picked" if place == at else "typed" if place < seen.typed else "plain"
            lines[-1].add(character, paint.click(name, f"go_to({place})"))
            here = len(lines) - 1 if place == at else here
        first = max(0, min(here - _TEXT_ROWS // 2, len(lines) - _TEXT_ROWS))
        return lines[first : first + _TEXT_ROWS]


def _bar(share: float, width: int) -> str:
    eighths = round(8 * width * min(1.0, share))
    full, part = divmod(eighths, 8)
    return "█" * full + (_BLOCKS[part] if part else "")
