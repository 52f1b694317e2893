"""Lyrics that a model wrote, as lines for a person."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len

from lyricterm.cli.output import lyric
from lyricterm.core.i18n import _, listed
from lyricterm.core.line_breaks import line_breaks
from lyricterm.core.run_data import Sample
from lyricterm.core.sanitize import brief, shown_lyric, visible
from lyricterm.reports.describe import decoding_words


def skipped_of(prefix: str, unknown: Sequence[str]) -> str:
    """What of a prefix the model does not know."""
    sentence = _("of the prefix {prefix}, not in the vocabulary, skipped: {characters}")
    return sentence.format(prefix=brief(prefix, 40), characters=" ".join(visible(char) for char in unknown))


def heading(sample: Sample, epoch: str, perplexity: str) -> str:
    """The chapter's line above the lyrics of an epoch, and how they were chosen, if not greedily."""
    words = _("epoch {epoch}, perplexity {perplexity}").format(epoch=epoch, perplexity=perplexity)
    chosen = listed(decoding_words(sample.decoding, sample.seed))
    return _("{words}, {settings}").format(words=words, settings=chosen) if chosen else words


def print_lyric(sample: Sample) -> None:
    """A sample in the chapter's list; on a terminal its lines break between the lines of the song where they can."""
    if sys.stdout is None or not sys.stdout.isatty():
        print(f" - {lyric(sample.prefix + sample.text)}", flush=True)
        return
    room = max(20, shutil.get_terminal_size().columns - 4)
    for place, line in enumerate(lyric_lines("".join(shown_lyric(sample.prefix, sample.text)), room)):
        print(f"{'   ' if place else ' - '}{line}", flush=True)


def lyric_lines(text: str, width: int) -> list[str]:
    """Lyrics in lines of at most ``width`` cells, broken at blanks; what has none that wide, anywhere."""
    lines = [""]
    for phrase in text.split(" "):
        longer = f"{lines[-1]} {phrase}" if lines[-1] else phrase
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            starts = [0, *line_breaks(phrase, width, cell_len)]
            parts = [phrase[start:end] for start, end in pairwise([*starts, len(phrase)])]
            lines = [*(lines if lines[-1] else lines[:-1]), *parts]
    return lines
