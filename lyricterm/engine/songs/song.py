"""A whole song: part after part, line after line, each line going on from the state that the lines before left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.i18n import _
from lyricterm.engine.cells.base import State
from lyricterm.engine.generation import Generator
from lyricterm.engine.songs.draw_lines import LineDrawer
from lyricterm.engine.songs.form import Form
from lyricterm.engine.songs.lines import CharacterLines, LineWriter, SongLine, Wanted, WordLines, last_word
from lyricterm.engine.songs.rhyme import ChineseRhymes, EnglishRhymes, Rhymes

_REFRAIN = 1_000_003
"""Far from the seeds of verses."""


@dataclass(frozen=True)
class Song:
    """What was written."""

    title: str
    parts: tuple[tuple[str, ...], ...]
    unmet: tuple[str, ...]
    """Sentences: what of the form could not be met, and where."""


@dataclass(frozen=True)
class Songwriter:
    """Writes songs with one model.

    Raises:
        LyrictermError: if rhymes are wanted and the package that knows them is not installed.
    """

    writer: Generator
    activation: str
    text: str = ""
    """What the model was trained on: the words that a line of words may end with come from it."""

    def write(self, form: Form, options: Decoding, title: str = "", seed: int = 0) -> Song:
        """A song of this form; the same seed writes the same."""
        rhymes = self._rhymes() if form.rhyme.strip("-") else None
        parts: list[tuple[str, ...]] = []
        unmet: list[str] = []
        for number, kind in enumerate(form.parts):
            own_seed = seed + number if kind == "V" else seed + _REFRAIN
            lines = self._line_writer(options, own_seed, rhymes)
            # A refrain starts from the title alone, so that it is the same each time.
            before = "\n".join(parts[-1]) if parts and kind == "V" else ""
            part = self._part(form, lines, self._heading(title, before))
            parts.append(tuple(line.text for line in part))
            if kind == "V" or "R" not in form.parts[:number]:
                unmet += _sentences(part, form, number + 1)
        return Song(title, tuple(parts), tuple(unmet))

    def _part(self, form: Form, writer: LineWriter, heading: str) -> list[SongLine]:
        lines: list[SongLine] = []
        state, before = self.writer.start(heading, self.activation), self._known(heading)
        for number in range(form.lines):
            line = writer.write(state, replace(_wanted(form, number, lines), before=tuple(before)))
            lines.append(line)
            state = self._after(state, line.text + self._separator)
            before += self._known(line.text + self._separator)
        return lines

    def _line_writer(self, options: Decoding, seed: int, rhymes: Rhymes | None) -> LineWriter:
        vocabulary = self.writer.vocabulary
        apart = [i for i, character in enumerate(vocabulary.characters) if not character.isalnum()]
        drawer = LineDrawer(self.writer, self.activation, options, seed, apart)
        if not self.in_words:
            return CharacterLines(drawer, vocabulary, rhymes)
        return WordLines(drawer, vocabulary, rhymes, usual_words(self.text))

    @property
    def in_words(self) -> bool:
        """Whether the script has words between spaces; most of Chinese characters are not ASCII letters."""
        letters = [c for c in self.writer.vocabulary.characters if c.isalpha()]
        return sum(c < "\u2e80" for c in letters) * 2 >= len(letters)

    @property
    def _separator(self) -> str:
        return "\n" if "\n" in self.writer.vocabulary.index else " "

    def _rhymes(self) -> Rhymes:
        make: Callable[[], Rhymes] = EnglishRhymes if self.in_words else ChineseRhymes
        return make()

    def _heading(self, title: str, before: str) -> str:
        """What stands above a part: the title and the part before."""
        return "".join(text + self._separator for text in (title, before) if text)

    def _known(self, text: str) -> list[int]:
        return [i for i in map(self.writer.vocabulary.find, text) if i is not None]

    def _after(self, state: State, text: str) -> State:
        drawer = LineDrawer(self.writer, self.activation, GREEDY, 0, ())
        return drawer.feed(state, self._known(text))


def _wanted(form: Form, number: int, lines: list[SongLine]) -> Wanted:
    letter = form.letter(number)
    before = tuple(line.end for i, line in enumerate(lines) if letter and form.letter(i) == letter)
    followers = sum(form.letter(i) == letter for i in range(number + 1, form.lines)) if letter else 0
    first = form.acrostic[number] if number < len(form.acrostic) else ""
    return Wanted(form.shortest, form.longest, first, before, followers)


def _sentences(lines: list[SongLine], form: Form, part: int) -> list[str]:
    told = {
        "first": _("Part {part}, line {line} cannot begin with {first}: the text has no such character."),
        "length": _(
            "Part {part}, line {line}: no word ends within {low} to {high} characters, so the line "
            "breaks within a word."
        ),
        "room": _("Part {part}, line {line} has no rhyme: no word that rhymes fits into {low} to {high} characters."),
        "rhyme": _("Part {part}, line {line} has no rhyme: nothing else in the text rhymes with the line before."),
    }
    return [
        told[what].format(
            part=part,
            line=number + 1,
            first=form.acrostic[number] if number < len(form.acrostic) else "",
            low=form.shortest,
            high=form.longest,
        )
        for number, line in enumerate(lines)
        for what in line.unmet
    ]


def usual_words(text: str) -> list[str]:
    """The words of a text, the most frequent first."""
    return [word for word, _count in Counter(filter(None, map(last_word, text.split()))).most_common()]
