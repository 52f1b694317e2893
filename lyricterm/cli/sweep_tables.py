"""A sweep as a table: live on a terminal, and at the end on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lyricterm.core.i18n import _, listed, n_
from lyricterm.core.metrics import METRICS
from lyricterm.core.number_format import setting_value, spread
from lyricterm.core.run_data import Values
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import brief
from lyricterm.core.settings import SETTINGS
from lyricterm.sweep.news import OVER, News
from lyricterm.sweep.record import Sweep
from lyricterm.sweep.summary import ChoiceSummary, lines_of

_ANY_WIDTH = 100_000
_AROUND = 7
"""Rows of a terminal that are not lines of the table."""
_SHOWN = 40
"""Cells of a setting's value."""


def words_of(values: Values) -> str:
    """A choice of settings: "hidden units 64, learning rate 0.1"."""
    told = (f"{_(SETTINGS[name].label)} {setting_value(value)}" for name, value in values)
    return ", ".join(brief(each, _SHOWN) for each in told)


def how_far(sweep: Sweep, known: Mapping[int, News]) -> str:
    """A sentence on all runs together."""
    # What was interrupted goes on with ``--resume``.
    over = sum(outcome in OVER and outcome is not RunStatus.INTERRUPTED for outcome in sweep.outcomes)
    training = sorted({news.machine for news in known.values() if news.outcome is RunStatus.TRAINING})
    count = len(sweep.outcomes)
    told = n_("{done} of {count} run is over", "{done} of {count} runs are over", count)
    sentence = told.format(done=f"{over:,}", count=f"{count:,}")
    if not training:
        return sentence
    return _("{sentence}; training on {machines}").format(
        sentence=sentence, machines=brief(", ".join(training), 2 * _SHOWN)
    )


def table_of(sweep: Sweep, known: Mapping[int, News], most: int = 10**6) -> Table:
    """One line for each choice of settings, the best first, at most ``most`` of them."""
    lines = lines_of(sweep, known)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), title=how_far(sweep, known), title_justify="left")
    for name, _value in sweep.planned[0].values:
        table.add_column(_(SETTINGS[name].label), justify="right", overflow="fold")
    if not sweep.planned[0].values:
        table.add_column(_("settings"), no_wrap=True)
    table.add_column(_("seeds"), no_wrap=True)
    table.add_column(_("epoch"), justify="right", no_wrap=True)
    metric = METRICS[sweep.metric]
    table.add_column(metric.title, justify="right", no_wrap=True)
    table.add_column(_("best"), justify="right", no_wrap=True)
    for line in lines[:most]:
        table.add_row(*map(Text, _cells(line)))
    if len(lines) > most:
        rest = len(lines) - most
        table.caption = n_("and {count} more", "and {count} more", rest).format(count=f"{rest:,}")
    return table


def _cells(line: ChoiceSummary) -> tuple[str, ...]:
    told = [brief(setting_value(value), _SHOWN) for _name, value in line.values] or [_("the defaults")]
    return (*told, _seeds(line), f"{line.epoch:,}", spread(line.latest), spread(line.best))


def _seeds(line: ChoiceSummary) -> str:
    return listed(f"{count} {outcome.label}" for outcome, count in line.counts.items())


def print_table(sweep: Sweep, known: Mapping[int, News]) -> None:
    """The table on stdout, whole."""
    console = Console() if sys.stdout.isatty() else Console(width=_ANY_WIDTH, soft_wrap=True)
    console.print(table_of(sweep, known))


def live_table() -> tuple[Any, Callable[[Sweep, Mapping[int, News]], None]]:
    """On stderr, if that is a terminal: what shows the table while it is open, and what hands it a newer one."""
    from rich.live import Live

    console = Console(stderr=True)
    # What is printed goes above the table on the same terminal, but to a file where stdout is one.
    live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=sys.stdout.isatty())

    def show(sweep: Sweep, known: Mapping[int, News]) -> None:
        live.update(table_of(sweep, known, max(1, console.height - _AROUND)), refresh=True)

    return live, show
