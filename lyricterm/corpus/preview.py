"""What a person sees of a text before training on it. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import LoadReport, load
from lyricterm.corpus.text import Corpus

_LINES = 40
_FREQUENT = 12


@dataclass(frozen=True)
class Preview:
    """A text as these settings use it."""

    corpus: Corpus
    lines: tuple[str, ...]
    """The first that are not blank."""
    frequent: tuple[tuple[str, float], ...]
    """The most frequent characters and which part of the text each is, from 0 to 1."""

    @property
    def share(self) -> float:
        """Which part of the whole text these settings use, from 0 to 1."""
        return min(1.0, len(self.corpus.text) / max(1, self.corpus.total))


def preview(recipe: Recipe, report: LoadReport | None = None) -> Preview:
    """Read a text as the recipe says, with its lines.

    Raises:
        CorpusError: if it cannot be read.
    """
    corpus = load(replace(recipe, newlines="keep"), report=report)
    uses = corpus.counts
    uses[" "] = uses.get(" ", 0) + uses.pop("\n", 0)
    counts = sorted(uses.items(), key=lambda item: -item[1])
    total = max(1, len(corpus.text))
    lines = tuple(line for line in corpus.text[:10_000].split("\n") if line.strip())[:_LINES]
    return Preview(corpus, lines, tuple((character, uses / total) for character, uses in counts[:_FREQUENT]))
