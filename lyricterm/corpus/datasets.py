"""Data sets that can be fetched by name: where they lie, and how it is known that it is them."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.i18n import N_


@dataclass(frozen=True)
class Copy:
    """One place where a data set lies."""

    url: str
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """A text that others publish."""

    file: str
    """What it is called here."""
    copies: tuple[Copy, ...]
    """The first that can be had is taken."""
    notice: str
    """What a person must know before using it."""


_GITHUB = "https://raw.githubusercontent.com"

DATASETS: dict[str, DataSet] = {
    "jaychou": DataSet(
        "jaychou_lyrics.txt.zip",
        (
            Copy(
                f"{_GITHUB}/ShusenTang/Dive-into-DL-PyTorch/09c8bacc08599eb86236551454ba43b82cb91498/data/"
                "jaychou_lyrics.txt.zip",
                52_607,
                "3cfedd7d174111cdad5a27eaffaa6a2432a2842cf2590a03dd8a97610ea07043",
            ),
            Copy(
                f"{_GITHUB}/d2l-ai/d2l-zh/6dd4de5365b56c0071d6fd9162a727c573c6f97f/data/jaychou_lyrics.txt.zip",
                53_443,
                "182180582bd7811aa93f4eb954f9a8d7990177044c374b16bd9304132d2dc39c",
            ),
        ),
        N_("The lyrics of Jay Chou that the chapter trains on are under copyright; use them for study only."),
    ),
}
"""By the name that a person types."""
