"""``lyricterm bench``: how fast training and writing are here, beside other ways of doing the same."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from lyricterm.bench.workloads import WORKLOADS
from lyricterm.cli.flags import whole
from lyricterm.cli.output import print_json, say
from lyricterm.core.errors import UsageError
from lyricterm.core.i18n import _
from lyricterm.core.settings import SETTINGS, Recipe

if TYPE_CHECKING:
    from lyricterm.bench.measure import BenchReport

_MAX_ROUNDS = 1_000


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags; what is configured for experiments does not change them."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a row on stdout"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--workload",
        choices=WORKLOADS,
        metavar="NAME",
        action="append",
        help=_("measure only this: {names}; repeat the flag for more (default: all)").format(
            names=", ".join(WORKLOADS)
        ),
    )
    what.add_argument(
        "--scaling",
        action="store_true",
        help=_("measure how the cost grows with the text, the hidden units, the vocabulary and the threads"),
    )
    parser.add_argument(
        "--rounds", metavar="N", type=whole, default=7, help=_("how many rounds to measure each contender (default: 7)")
    )
    devices = SETTINGS["device"].choices
    parser.add_argument("--device", choices=devices, default=devices[0], help=_("where to compute"))


def run(namespace: argparse.Namespace) -> int:
    """Measure and print; returns 0."""
    if not 1 <= namespace.rounds <= _MAX_ROUNDS:
        sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
        values = {"flag": "--rounds", "low": 1, "high": f"{_MAX_ROUNDS:,}", "value": namespace.rounds}
        raise UsageError(sentence.format(**values))
    if namespace.scaling:
        _scale(namespace)
    else:
        _compare(namespace)
    return 0


def _compare(namespace: argparse.Namespace) -> None:
    from lyricterm.bench.measure import bench
    from lyricterm.cli.bench_tables import print_contenders

    for workload in namespace.workload or WORKLOADS:
        with _shown(workload) as tell:
            rows = bench(workload, namespace.device, namespace.rounds, tell)
        if namespace.json:
            for row in rows:
                print_json(asdict(row))
        else:
            print_contenders(workload, rows)


def _scale(namespace: argparse.Namespace) -> None:
    from lyricterm.bench.scaling import AXES, scale
    from lyricterm.cli.bench_tables import print_growth

    for name, axis in AXES.items():
        with _shown(_(axis.title)) as tell:
            places = scale(name, namespace.device, namespace.rounds, tell)
        if namespace.json:
            for place in places:
                print_json(asdict(place))
        elif places:
            print_growth(_(axis.title), places)


@contextlib.contextmanager
def _shown(what: str) -> Iterator[BenchReport]:
    """A bar on a terminal's stderr that says who is measured now; elsewhere one line."""
    if sys.stderr is None or not sys.stderr.isatty():
        say(_("measuring {workload}…").format(workload=what))
        yield _nobody
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(20),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{what}: {_('preparing')}", total=None)

        def tell(doing: str, done: int, of: int) -> None:
            bar.update(task, description=f"{what}: {doing}", completed=done, total=of)

        yield tell


def _nobody(doing: str, done: int, of: int) -> None:
    """Nobody is told."""
