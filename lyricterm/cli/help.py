"""``--help`` laid out by cells: a Chinese character takes two, and a line may end after any of them."""

from __future__ import annotations

import argparse
import re

from rich.cells import cell_len

_WIDE = "\u2e80-\uffef"
_PIECES = re.compile(rf"\s+|[（「]*(?:[^\s{_WIDE}]+|[{_WIDE}])[，。、；：？）」]*")


class HelpFormatter(argparse.HelpFormatter):
    """argparse's layout, wrapped by cells."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap(text, width))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` cells, broken at spaces and between wide characters."""
    lines = [""]
    for piece in _PIECES.findall(text.strip()):
        if piece.isspace():
            piece = " "
        if cell_len(lines[-1] + piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines
