"""What is held out of a text, and what the perplexity there says, in words."""

from __future__ import annotations

from lyricterm.core.i18n import _
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.number_format import figure
from lyricterm.core.run_data import HeldOutFacts
from lyricterm.core.settings import AUTO


def held_out_words(known: HeldOutFacts | None) -> tuple[str, ...]:
    """How much is held out, and what is left out of it; nothing where nothing is held out."""
    if known is None:
        return ()
    return (_("held out: {counts}").format(counts=held_out_counts(known)),)


def is_lacking(known: HeldOutFacts | None, valid: str) -> bool:
    """Whether nothing is held out although the setting ``valid`` asks for what there is."""
    return known is None and valid == AUTO


def held_out_at_start(known: HeldOutFacts | None, valid: str) -> tuple[str, ...]:
    """As ``held_out_words``, and where nothing is held out for want of text, that."""
    if is_lacking(known, valid):
        return (_("nothing is held out: too little text follows; --valid 0.1 holds out the last tenth of it"),)
    return held_out_words(known)


def held_out_counts(known: HeldOutFacts) -> str:
    """How many characters are scored, and how many are left out because the training text lacks them."""
    words = {"count": scored_of(known), "unknown": f"{known.unknown:,}", "kinds": f"{known.unknown_kinds:,}"}
    if not known.unknown:
        return _("{count} characters, scored after each epoch").format(**words)
    if known.unknown == 1:
        one = _(
            "{count} characters, scored after each epoch; 1 more does not occur in the training text and is left out"
        )
        return one.format(**words)
    sentence = _(
        "{count} characters, scored after each epoch; {unknown} more ({kinds} different ones) do not occur in the "
        "training text and are left out"
    )
    return sentence.format(**words)


def scored_of(known: HeldOutFacts) -> str:
    """How many characters are scored, and of how many: 2,000 of 10,000."""
    if not known.total:
        return f"{known.characters:,}"
    return _("{count} of {total}").format(count=f"{known.characters:,}", total=f"{known.total:,}")


def by_heart_words(best: BestHeldOut, epoch: int, held_out: float, training: float) -> str:
    """Since when a model only memorises; see ``is_by_heart``."""
    sentence = _(
        "epoch {epoch} · since epoch {best_epoch} the perplexity of the training text falls ({training}) while that of "
        "the held-out text rises ({best} → {held_out}): the model learns its text by heart."
    )
    return sentence.format(
        epoch=f"{epoch:,}",
        best_epoch=f"{best.epoch:,}",
        training=figure(training),
        best=figure(best.held_out),
        held_out=figure(held_out),
    )
