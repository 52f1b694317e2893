"""Keys and reports of a terminal taken whole, also where a slow line tears their bytes apart.

A function key, a mouse move or a report is sent as Escape and more. Textual 8.2 takes an Escape after which nothing
comes for a tenth of a second for the key, and what comes later for keys of its own, each of which may be a command.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._parser import ParseTimeout
from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from textual.message import Message

ESC = "\x1b"
ALT = "alt+"
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_WHOLE = re.compile(r"\x1b(?:\[(?:M...|[0-?]*[ -/]*(?![M\[])[@-~]|[0-?]+M|\[[A-E])|O.|[^\[O\]P_])", re.DOTALL)
"""A sequence to its end: a report or a key, also of the Linux console, or Alt and a character."""
_STRING_BEGINS = re.compile(r"\x1b(?:\]\d|P[\d>!+$]|_G)")
"""An answer of a terminal in words (OSC, DCS, APC): its colours, its name. Somebody before us has asked for it."""
_MAY_BEGIN_A_STRING = (f"{ESC}]", f"{ESC}P", f"{ESC}_")
_BELL = "\x07"
_ALT_AND_CHARACTER = re.compile(r"\x1b[^\x00-\x1f\x7f\[O]")
_LONGEST = 64
"""Characters of a sequence; Textual's own bound is 32."""
_DELAY = 0.1
_DELAY_OVER_A_LINE = 0.3
"""Seconds to wait for what follows an Escape, where the keyboard is here, and where ssh is between."""
_REST = 5.0
"""So many delays after a lone Escape, what follows may still be the rest of a sequence."""


def escape_delay(environment: Mapping[str, str]) -> float:
    """How many seconds to wait for what follows an Escape. ``ESCDELAY`` (milliseconds) comes first, as elsewhere."""
    told = environment.get("ESCDELAY", "")
    if told.isascii() and told.isdecimal():
        return max(1, min(int(told), 10_000)) / 1_000
    over_a_line = any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    return _DELAY_OVER_A_LINE if over_a_line else _DELAY


class WholeKeys(XTermParser):
    """Hands Textual's parser whole sequences only.

    An Escape alone is the key once its delay has passed. If what then follows begins with ``[`` or ``O``, it is
    swallowed to its end; only a paste that begins so is taken as one. An answer in words is swallowed always.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._delay = escape_delay(os.environ)
        self._pending = ""
        """A sequence that has not ended, from its Escape on."""
        self._since = 0.0
        """When its latest character came, or when the lone Escape was taken for a key."""
        self._told = False
        """Its Escape has been reported as a key: what follows is swallowed."""
        self._pasting = False
        self._answering = False
        """Within an answer in words; ``_pending`` is its last character."""

    def feed(self, data: str) -> Iterator[Message]:
        """What the characters mean; nothing while a sequence is not whole."""
        if not self._pending and ESC not in data:
            yield from super().feed(data)
            return
        for character in data:
            yield from self._take(character)

    def tick(self) -> Iterator[Message]:
        """Called several times a second: an Escape after which nothing came was the key."""
        waited = self.clock() - self._since
        if not self._pending or self._pasting or waited < self._delay:
            return
        if self._answering:
            yield from self._silence(waited)
        elif not self._told and self._pending == ESC:
            self._told, self._since = True, self._since + self._delay
            yield Key("escape", ESC)
        elif not self._told and self._pending == f"{ESC}O":
            # Alt+Shift+O, or torn behind its second character. Alt+[ would be the key [ to Textual.
            self._told, self._since = True, self._since + self._delay
            yield from self._whole(self._pending)
        elif self._pending in _MAY_BEGIN_A_STRING:
            yield from self._no_string()
        elif waited >= _REST * self._delay:
            self._forget()

    def _take(self, character: str) -> Iterator[Message]:
        if self._pasting:
            yield from self._paste(character)
        elif self._answering:
            yield from self._answer(character)
        elif character == ESC:
            # A second Escape: the first one was the key, and whatever else began is lost.
            if self._pending == ESC and not self._told:
                yield Key("escape", ESC)
            self._forget()
            self._pending, self._since = ESC, self.clock()
        elif not self._pending:
            yield from super().feed(character)
        else:
            yield from self._go_on(character)

    def _go_on(self, character: str) -> Iterator[Message]:
        """The next character of a sequence."""
        if self._pending in _MAY_BEGIN_A_STRING:
            if _STRING_BEGINS.fullmatch(self._pending + character):
                self._answering, self._pending, self._since = True, character, self.clock()
                return
            yield from self._no_string()
            yield from self._take(character)
            return
        if self._told and self._pending == ESC and (character not in "[O]P_" or self._is_late()):
            self._forget()
            yield from super().feed(character)
            return
        self._pending += character
        self._since = self.clock()
        if _WHOLE.fullmatch(self._pending) or self._pending in ANSI_SEQUENCES_KEYS:
            sequence, told = self._pending, self._told
            self._forget()
            if not told or sequence == _PASTE_BEGINS:
                yield from self._whole(sequence)
        elif len(self._pending) > _LONGEST:
            # Too long to be one: swallowed, to whatever ends it.
            self._pending, self._told = f"{ESC}[", True

    def _whole(self, sequence: str) -> Iterator[Message]:
        """A sequence that has ended. Textual would wait for more of one that it does not know, and issue it as keys."""
        if _ALT_AND_CHARACTER.fullmatch(sequence) and sequence not in ANSI_SEQUENCES_KEYS:
            # Textual names Alt for letters only, and takes Alt and another character for that character.
            yield Key(f"{ALT}{_character_to_key(sequence[1])}", sequence[1])
            return
        self._pasting = sequence == _PASTE_BEGINS
        yield from super().feed(sequence)
        if self._awaiting.timeout is None:
            return
        self._awaiting = self._gen.throw(ParseTimeout())
        issued = list(self._tokens)
        self._tokens.clear()
        if len(sequence) == 2:
            yield from issued

    def _no_string(self) -> Iterator[Message]:
        """What could have begun an answer was Alt and a character, or a character after the key Escape."""
        sequence, told = self._pending, self._told
        self._forget()
        yield from super().feed(sequence[1]) if told else self._whole(sequence)

    def _answer(self, character: str) -> Iterator[Message]:
        """An answer goes on until a bell or Escape and a backslash; another Escape begins something else."""
        before, self._pending, self._since = self._pending, character, self.clock()
        if character == _BELL or before + character == f"{ESC}\\":
            self._forget()
        elif before == ESC:
            self._forget()
            self._pending = ESC
            yield from self._take(character)

    def _silence(self, waited: float) -> Iterator[Message]:
        """An answer that never ends is given up; an Escape after it was the key."""
        if waited >= _REST * self._delay:
            last = self._pending
            self._forget()
            if last == ESC:
                yield Key("escape", ESC)

    def _paste(self, character: str) -> Iterator[Message]:
        """Pasted text goes on until its end mark, however long that takes; another Escape in it is no key."""
        self._pending += character
        if self._pending == _PASTE_ENDS:
            self._forget()
            yield from self._whole(_PASTE_ENDS)
        while self._pending and not _PASTE_ENDS.startswith(self._pending):
            pasted, self._pending = self._pending[0], self._pending[1:]
            yield from super().feed("\N{REPLACEMENT CHARACTER}" if pasted == ESC else pasted)

    def _is_late(self) -> bool:
        return self.clock() - self._since >= _REST * self._delay

    def _forget(self) -> None:
        self._pending, self._told, self._answering = "", False, False


class EscapeAndKey(NamedTuple):
    """The two keys that may have been meant."""

    escape: Key
    key: Key


def apart(event: Key) -> EscapeAndKey | None:
    """Alt and a character as Escape and that character; None for any other key.

    Escape and a letter in quick succession, or in one packet over a slow line, cannot be told from Alt and the letter.
    """
    character = event.character
    if not event.key.startswith(ALT) or character is None or not character.isprintable():
        return None
    return EscapeAndKey(Key("escape", ESC), Key(_character_to_key(character), character))
