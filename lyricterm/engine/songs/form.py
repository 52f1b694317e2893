"""What a song should look like: lengths, rhyme scheme, acrostic, verses and refrains."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.decoding import Knob
from lyricterm.core.errors import DecodingError
from lyricterm.core.i18n import _

MOST_LINES = 400
LONGEST_LINE = 200
_LINES = Knob(label="", help="", flag="--lines", metavar="N", low=1, high=MOST_LINES, whole=True)


@dataclass(frozen=True)
class Form:
    """The form of a song.

    Raises:
        DecodingError: if it cannot be one.
    """

    lines: int = 8
    """Of each part."""
    rhyme: str = ""
    """One letter a line of a stanza: lines with the same letter rhyme; ``-`` rhymes with nothing."""
    shortest: int = 5
    longest: int = 12
    """Characters of a line."""
    acrostic: str = ""
    """The first character of each line, for as many lines as it has."""
    parts: str = "V"
    """``V`` is a new verse each time, ``R`` the same refrain."""

    def __post_init__(self) -> None:
        _LINES.check(self.lines)
        if not 1 <= self.shortest <= self.longest <= LONGEST_LINE:
            sentence = _("--line-length must be MIN-MAX with 1 <= MIN <= MAX <= {most}, not {low}-{high}.")
            raise DecodingError(sentence.format(most=LONGEST_LINE, low=self.shortest, high=self.longest))
        if not all(letter.isascii() and (letter.isalpha() or letter == "-") for letter in self.rhyme):
            raise DecodingError(_("--rhyme must be letters such as AABB or ABAB, with - for a line without a rhyme."))
        if not self.parts or set(self.parts) - {"V", "R"} or len(self.parts) > MOST_LINES:
            raise DecodingError(_("--form must be made of V (verse) and R (refrain), such as VRVR."))

    def letter(self, line: int) -> str:
        """What decides with which lines the line rhymes (counted from 0 in its part); empty if with none."""
        if not self.rhyme:
            return ""
        stanza, place = divmod(line, len(self.rhyme))
        letter = self.rhyme[place].upper()
        return "" if letter == "-" else f"{stanza}{letter}"
