"""``--help`` laid out by cells: a Chinese character takes two, and a line may end after any of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import pairwise

from rich.cells import cell_len

from lyricterm.core.i18n import _
from lyricterm.core.line_breaks import line_breaks


class HelpFormatter(argparse.HelpFormatter):
    """argparse's layout, wrapped by cells."""

    def _format_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None,
    ) -> str:
        prefix = _("usage: ") if prefix is None else prefix
        # argparse counts characters: one that takes no cell stands in for the second half of each wide one.
        filler = "\0" * (cell_len(prefix) - len(prefix))
        return super()._format_usage(usage, actions, groups, prefix + filler).replace(filler, "", 1)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap(text, width))


def wrap(text: str, width: int) -> list[str]:
    """The text, whatever its line breaks, in lines of at most ``width`` cells."""
    words = " ".join(text.split())
    starts = [0, *line_breaks(words, max(2, width), cell_len)]
    return [words[start:end].rstrip() for start, end in pairwise([*starts, len(words)])]
