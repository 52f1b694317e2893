"""Characters that nobody sees: dropped from a text, and from what is typed."""

from __future__ import annotations

import re

_BLANKS = "\t\x0b\x0c\x85\u2028\u2029"
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_ZERO_WIDTH = "\xad\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff\ufff9-\ufffb"
_DIRECTIONS = "\u202a-\u202e\u2066-\u206f"
_SURROGATES = "\ud800-\udfff"
_JOINERS = "\u200c\u200d"
_JOINABLE = r"\w\u0300-\u036f\u0900-\u0dff\ufe0f\u2190-\u2bff\U0001f000-\U0001faff"
"""Letters, marks and emoji, after which a joiner belongs to the character before it."""

_SUSPECT = re.compile(f"[{_CONTROLS}{_BLANKS}{_ZERO_WIDTH}{_DIRECTIONS}{_SURROGATES}{_JOINERS}]")
"""Found quickly: most texts have none."""
_ASCII_SUSPECTS = bytes(code for code in range(128) if _SUSPECT.match(chr(code)))
_UNSEEN = re.compile(f"[{_CONTROLS}{_ZERO_WIDTH}{_DIRECTIONS}{_SURROGATES}]+|(?<![{_JOINABLE}])[{_JOINERS}]")
_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")


def drop_unseen(text: str, among: str) -> tuple[str, int]:
    """The text without characters that cannot be seen, and how many there were.

    Joiners within an emoji or after a letter stay. A rare kind of line end becomes a newline, a tab a space.

    Args:
        text: any.
        among: what it is made of; the distinct characters are looked through more quickly than all of them.
    """
    if among.isascii():
        if len(among.encode("ascii").translate(None, _ASCII_SUSPECTS)) == len(among):
            return text, 0
    elif not _SUSPECT.search(among):
        return text, 0
    text = _LINE_ENDS.sub("\n", text.replace("\t", " "))
    seen = _UNSEEN.sub("", text)
    return seen, len(text) - len(seen)


def unseen_in(text: str) -> tuple[str, ...]:
    """The characters that ``drop_unseen`` leaves out, each once."""
    return tuple(dict.fromkeys("".join(_UNSEEN.findall(text))))
