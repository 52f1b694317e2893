"""Which texts the corpus screen offers: built in, to be fetched, trained on before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import N_
from lyricterm.core.paths import CORPORA
from lyricterm.core.sanitize import brief
from lyricterm.core.visitor import visitor
from lyricterm.corpus.datasets import DATASETS
from lyricterm.corpus.fetch import fetched
from lyricterm.corpus.sources import check_there

_MOST_RECENT = 8

BUILT_IN, OFFERED, TO_FETCH, RECENT = N_("built in"), N_("this server's"), N_("data sets"), N_("recent")


@dataclass(frozen=True)
class TextChoice:
    """A text that can be trained on."""

    corpus: str
    """As the setting names it."""
    group: str
    """A heading, in the source language."""
    fetch: str = ""
    """The data set that must be fetched first; empty if it is here."""

    @property
    def label(self) -> str:
        """Safe to show."""
        return brief(self.corpus)


def choices(recent: Iterable[str] = ()) -> tuple[TextChoice, ...]:
    """All texts, group by group; a visitor from a browser sees those that the server offers."""
    return tuple(_choices(recent))


def _choices(recent: Iterable[str]) -> Iterator[TextChoice]:
    yield from (TextChoice(name, BUILT_IN) for name in CORPORA)
    guest = visitor()
    if guest is not None:
        yield from (TextChoice(name, OFFERED) for name in guest.corpora)
        return
    for name in DATASETS:
        yield TextChoice(name, TO_FETCH, fetch="" if fetched(name) else name)
    yield from (TextChoice(name, RECENT) for name in recent)


def recent_texts(corpora: Iterable[str]) -> tuple[str, ...]:
    """The texts of these runs, the newest first, that are still there; looks at the disk."""
    if visitor() is not None:
        return ()
    found: list[str] = []
    for corpus in dict.fromkeys(corpora):
        if corpus not in CORPORA and corpus not in DATASETS and _is_there(corpus):
            found.append(corpus)
        if len(found) == _MOST_RECENT:
            break
    return tuple(found)


def _is_there(corpus: str) -> bool:
    try:
        check_there(corpus)
    except CorpusError:
        return False
    return True
