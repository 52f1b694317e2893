"""How long a text must be to be learnt from, and how many different characters it may have."""

from __future__ import annotations

from collections.abc import Callable

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _

MOST_DISTINCT = 200_000
"""Different characters. Unicode 17 has 159,801, so a text with more is none."""
_NEEDED: dict[str, Callable[[int, int], int]] = {
    "random": lambda batch, steps: batch * steps + 1,
    "consecutive": lambda batch, steps: batch * (steps + 1),
}


def check_length(length: int, sampling: str, batch: int, steps: int) -> None:
    """Make sure that a text fills at least one minibatch.

    Raises:
        CorpusError: says how many characters are needed and what to change.
    """
    needed = _NEEDED[sampling](batch, steps)
    if length < needed:
        sentence = _(
            "The text has {length} characters, but one minibatch of {batch} examples of {steps} time steps needs "
            "{needed}; use a longer text, a smaller --batch or a smaller --steps."
        )
        numbers = {"length": length, "batch": batch, "steps": steps, "needed": needed}
        raise CorpusError(sentence.format(**{name: f"{number:,}" for name, number in numbers.items()}))


def check_distinct(count: int) -> None:
    """Make sure that a text has not more different characters than there are in all scripts.

    Raises:
        CorpusError: says how many there are and what to change.
    """
    if count > MOST_DISTINCT:
        sentence = _(
            "The text has {count} different characters, more than all scripts together, so it is probably no text; set "
            "its --encoding, or leave out rare characters with --min-count."
        )
        raise CorpusError(sentence.format(count=f"{count:,}"))
