"""How long a text must be to be learnt from."""

from __future__ import annotations

from collections.abc import Callable

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _

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
        raise CorpusError(sentence.format(length=f"{length:,}", batch=batch, steps=steps, needed=f"{needed:,}"))
