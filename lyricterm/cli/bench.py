"""``lyricterm bench``: how fast training and writing are here, beside other ways of doing the same."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from lyricterm.bench.workloads import WORKLOADS
from lyricterm.cli.flags import whole
from lyricterm.cli.narration import print_json, say
from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe

if TYPE_CHECKING:
    from lyricterm.bench.measure import Row

_MAX_ROUNDS = 1_000


def summary() -> str:
    """What the command does."""
    return _("measure speed and memory beside the chapter's own way and torch.nn.RNN")


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags; what is configured for experiments does not change them."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a row on stdout"))
    parser.add_argument(
        "--workload",
        choices=WORKLOADS,
        action="append",
        help=_("measure only this; give it several times for several (default: all)"),
    )
    parser.add_argument("--rounds", metavar="N", type=whole, default=7, help=_("turns of each contender (default: 7)"))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help=_("where to compute"))


def run(namespace: argparse.Namespace) -> int:
    """Measure and print; returns 0."""
    if not 1 <= namespace.rounds <= _MAX_ROUNDS:
        sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
        values = {"flag": "--rounds", "low": 1, "high": f"{_MAX_ROUNDS:,}", "value": namespace.rounds}
        raise RecipeError("rounds", sentence.format(**values))
    from lyricterm.bench.measure import bench

    for workload in namespace.workload or WORKLOADS:
        say(_("measuring {workload} …").format(workload=workload))
        rows = list(bench(workload, namespace.device, namespace.rounds))
        if namespace.json:
            for row in rows:
                print_json(asdict(row))
        else:
            _print_table(workload, rows)
    return 0


def _print_table(workload: str, rows: Iterable[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    rows = list(rows)
    table = Table(
        title=f"{workload} · {rows[0].device}", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1)
    )
    table.add_column("", no_wrap=True)
    unit = _("ms/answer") if workload == WORKLOADS[-1] else _("ms/epoch")
    for title in (unit, _("chars/s"), _("× chapter"), _("× floor"), _("peak MB"), _("threads")):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name,
            f"{1e3 * row.median_seconds:.1f}",
            f"{row.chars_per_second:,.0f}",
            f"{row.ratio_to_chapter:.2f}",
            "" if row.ratio_to_floor is None else f"{row.ratio_to_floor:.2f}",
            "" if math.isnan(row.peak_mb) else f"{row.peak_mb:.0f}",
            str(row.threads),
        )
    Console().print(table)
