"""How long a text must be to be learnt from, and how many different characters it may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _

MOST_DISTINCT = 200_000
"""Different characters. Unicode 17 has 159,801, so a text with more is none."""
MANY_DISTINCT = 10_000
"""Different characters from which on a person hears what they cost: five times those of much Chinese."""
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


def cost_of_distinct(uses: Iterable[int]) -> str:
    """What to say of a text of many different characters, by how often each is used; empty of any other."""
    counts = [*uses]
    if len(counts) < MANY_DISTINCT:
        return ""
    left = sum(count > 1 for count in counts)
    sentence = _(
        "The text has {count} different characters, and each minibatch takes time and memory for all of them; with "
        "--min-count 2 it has {left}."
    )
    return sentence.format(count=f"{len(counts):,}", left=f"{left + (left < len(counts)):,}")


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
