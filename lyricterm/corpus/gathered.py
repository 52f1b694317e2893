"""The characters that settings want of a text, as they come: in memory, or, if they are many, in a file."""

from __future__ import annotations

from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus import index
from lyricterm.corpus.characters import end_lines
from lyricterm.corpus.mapped import Text
from lyricterm.corpus.spool import Spool

MAPPED = 1 << 24
"""Characters above which a text lies in a file: a shorter one takes at most 130 MB with its indices."""
_LOOKED_AT = 1_000_000
"""Characters whose lines are looked at."""


class Gathered:
    """Takes pieces of a text until it has enough."""

    def __init__(self, settings: TextSettings, beyond: int) -> None:
        """``beyond``: how many characters behind the text are wanted, too."""
        self._settings, self._beyond = settings, beyond
        self._pieces: list[str] = []
        self._head: list[str] = []
        self._rest: list[str] = []
        self._length = self._looked_at = 0
        self.spool: Spool | None = None
        """Where the characters are, if they are many."""

    @property
    def room(self) -> int:
        """How many more characters are wanted."""
        return self._settings.max_chars + self._beyond - self._length

    def add(self, piece: str) -> None:
        """The next characters; those that are too many are left out."""
        piece = piece[: self.room]
        if self._looked_at < _LOOKED_AT:
            self._head.append(piece[: _LOOKED_AT - self._looked_at])
            self._looked_at += len(self._head[-1])
        left = max(0, self._settings.max_chars - self._length)
        self._length += len(piece)
        piece = end_lines(piece, self._settings.newlines)
        self._rest.append(piece[left:])
        self._keep(piece[:left])

    def _keep(self, piece: str) -> None:
        if self.spool is None and self._length > MAPPED:
            self.spool = Spool()
            for before in self._pieces:
                self.spool.add(before)
            self._pieces.clear()
        if self.spool is None:
            self._pieces.append(piece)
        else:
            self.spool.add(piece)

    @property
    def looked_at(self) -> str:
        """The beginning, with its lines."""
        return "".join(self._head)[: self._settings.max_chars]

    @property
    def rest(self) -> str:
        """What follows the text."""
        return "".join(self._rest)

    def text(self) -> tuple[Text, str]:
        """The text, and its fingerprint where that is known."""
        if self.spool is not None:
            return self.spool.finish(self._settings.min_count)
        text = "".join(self._pieces)
        return index.merge_rare(text, self._settings.min_count) if self._settings.min_count > 1 else text, ""
