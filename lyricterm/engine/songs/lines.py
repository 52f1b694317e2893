"""One line of a song, in a script written in characters (Chinese) or in words (English)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from lyricterm.engine.cells.base import State
from lyricterm.engine.songs.draw_lines import CANDIDATES, LineDrawer
from lyricterm.engine.songs.rhyme import Rhymes, classes
from lyricterm.engine.vocabulary import Vocabulary

_ROUNDS = 40
"""How often candidates are drawn before a line of words is given up."""
_PROBED = 60
"""Rhyming words that are tried at the end of one candidate."""
_EDGES = " ,.;:!?'\"-"


@dataclass(frozen=True)
class Wanted:
    """What a line must be."""

    shortest: int
    longest: int
    first: str = ""
    rhymes_with: tuple[str, ...] = ()
    """Ends of the lines before with the same letter."""
    followers: int = 0
    """How many later lines must rhyme with it."""
    before: tuple[int, ...] = ()
    """Indices of the characters that stand before the line."""


@dataclass(frozen=True)
class SongLine:
    """A line, and what of the form it does not meet."""

    text: str
    end: str
    """The character or word that rhymes."""
    unmet: tuple[str, ...] = field(default=())
    """Among ``first``, ``length``, ``rhyme`` and ``room``."""


class LineWriter(Protocol):
    """Writes lines in one kind of script."""

    def write(self, state: State, wanted: Wanted) -> SongLine:
        """A line that goes on from a state, as probable as can be found."""


class CharacterLines:
    """Lines whose last character rhymes."""

    def __init__(self, drawer: LineDrawer, vocabulary: Vocabulary, rhymes: Rhymes | None) -> None:
        self._drawer, self._vocabulary, self._rhymes = drawer, vocabulary, rhymes
        self._classes = classes(filter(str.isalnum, vocabulary.characters), rhymes) if rhymes else {}

    def write(self, state: State, wanted: Wanted) -> SongLine:
        """Draw candidates of one length; characters that would break the form are ruled out."""
        unmet = []
        first = [i for i in (self._vocabulary.find(wanted.first),) if i is not None] if wanted.first else []
        if wanted.first and not first:
            unmet.append("first")
        last = self._last(wanted)
        if wanted.rhymes_with and not last:
            unmet.append("rhyme")
        span = (wanted.shortest, wanted.longest + 1)
        length = int(torch.randint(*span, (), generator=self._drawer.random))
        if length == 1 and first and last and not set(first) & set(last):
            # One character cannot both begin the acrostic and rhyme.
            unmet.append("rhyme")
            last = []
        drawn = self._drawer.draw(state, length, first, last, wanted.before)
        text = self._vocabulary.decode(drawn.best())
        return SongLine(text, text[-1], tuple(unmet))

    def _last(self, wanted: Wanted) -> list[int]:
        index = self._vocabulary.index
        if wanted.rhymes_with:
            key = self._rhymes.key(wanted.rhymes_with[0]) if self._rhymes else None
            return [index[c] for c in self._classes.get(key or "", []) if c not in wanted.rhymes_with]
        return [index[c] for c in _with_mates(self._classes, wanted.followers)]


class WordLines:
    """Lines whose last word rhymes; ``words`` are those that a line may end with, the usual ones first."""

    def __init__(self, drawer: LineDrawer, vocabulary: Vocabulary, rhymes: Rhymes | None, words: Iterable[str]) -> None:
        self._drawer, self._vocabulary, self._rhymes = drawer, vocabulary, rhymes
        known = [word for word in words if all(c in vocabulary.index for c in word)]
        self._classes = classes(known, rhymes) if rhymes else {}

    def write(self, state: State, wanted: Wanted) -> SongLine:
        """Draw candidates, cut them between words, and end them with a rhyming word where one is wanted."""
        first = [i for c, i in self._vocabulary.index.items() if c.lower() == wanted.first.lower()]
        unmet = ["first"] if wanted.first and not first else []
        mates = self._mates(wanted)
        if wanted.rhymes_with and not mates:
            unmet.append("rhyme")
        for _ in range(_ROUNDS if self._drawer.draws else 1):
            rows = self._drawer.draw_free(state, wanted.longest + 1, first, wanted.before).tolist()
            texts = [self._vocabulary.decode(row) for row in rows]
            found = self._ended(state, texts, wanted, mates) if mates else self._cut(texts, wanted)
            if found:
                return self._best(state, found, unmet)
        # Where none ends with a word that others rhyme with by itself, such a word is put there.
        rich = [] if wanted.rhymes_with else _with_mates(self._classes, wanted.followers)[:_PROBED]
        if found := self._ended(state, texts, wanted, rich):
            return self._best(state, found, unmet)
        text = max(texts, key=lambda text: self._sure(state, text))[: wanted.longest].strip(_EDGES)
        return SongLine(text, last_word(text), (*unmet, "room" if mates else "length"))

    def _best(self, state: State, found: Sequence[str], unmet: Sequence[str]) -> SongLine:
        best = max(found, key=lambda text: self._sure(state, text))
        return SongLine(best, last_word(best), tuple(unmet))

    def _mates(self, wanted: Wanted) -> list[str]:
        if not wanted.rhymes_with or self._rhymes is None:
            return []
        key = self._rhymes.key(wanted.rhymes_with[0])
        before = {word.lower() for word in wanted.rhymes_with}
        return [word for word in self._classes.get(key or "", []) if word.lower() not in before][:_PROBED]

    def _cut(self, texts: Sequence[str], wanted: Wanted) -> list[str]:
        """The candidates cut after a word, in the lengths that are allowed."""
        cuts = {cut for text in texts for cut in beginnings(text) if wanted.shortest <= len(cut) <= wanted.longest}
        many = {word.lower() for word in _with_mates(self._classes, wanted.followers)}
        if not many:
            return sorted(cuts)[:CANDIDATES]
        return [cut for cut in sorted(cuts) if last_word(cut).lower() in many][:CANDIDATES]

    def _ended(self, state: State, texts: Sequence[str], wanted: Wanted, mates: Sequence[str]) -> list[str]:
        """The candidates with the most probable of the rhyming words at the end."""
        found = []
        for text in texts[:6]:
            starts = [cut for cut in beginnings(text) if len(cut) + 2 <= wanted.longest]
            if not starts:
                continue
            start = starts[-1]
            before = self._drawer.feed(state, self._indices(start + " "))
            fitting = [w for w in mates if wanted.shortest <= len(start) + 1 + len(w) <= wanted.longest]
            if fitting:
                word = max(fitting, key=lambda w: self._drawer.mean_log(before, self._indices(w)))
                found.append(f"{start} {word}")
        return found

    def _indices(self, text: str) -> list[int]:
        return [i for i in map(self._vocabulary.find, text) if i is not None]

    def _sure(self, state: State, text: str) -> float:
        return self._drawer.mean_log(state, self._indices(text))


def _with_mates(ends: Mapping[str, Sequence[str]], followers: int) -> list[str]:
    """The ends that as many others rhyme with, or, where none has so many, with as many as there are."""
    sizes = {key: len({end.lower() for end in group}) for key, group in ends.items()}
    least = min(followers + 1, max(sizes.values(), default=0))
    return [end for key, group in ends.items() if followers and sizes[key] >= max(2, least) for end in group]


def beginnings(text: str) -> list[str]:
    """The text up to the end of each of its whole words, the shortest first; a line end ends the last."""
    line = text.split("\n", 1)[0]
    cuts = [line[:i].rstrip(_EDGES) for i, character in enumerate(line) if character == " "]
    if "\n" in text:
        cuts.append(line.rstrip(_EDGES))
    return [cut for cut in dict.fromkeys(cuts) if cut.strip(_EDGES)]


def last_word(line: str) -> str:
    """The last word without punctuation."""
    words = line.split()
    return words[-1].strip(_EDGES) if words else ""
