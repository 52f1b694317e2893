"""``lyricterm sweep``: many runs over a choice of settings, on this machine's processors or over a cluster."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from lyricterm.cli.flags import add_recipe_flags, number, recipe_of, recipe_values, whole, with_default
from lyricterm.cli.output import print_json, say
from lyricterm.cli.start import storage_of
from lyricterm.core.errors import SweepError, UsageError
from lyricterm.core.i18n import _, n_
from lyricterm.core.interrupts import interruptible
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_names import spoken
from lyricterm.sweep import record
from lyricterm.sweep.cluster import check_installed
from lyricterm.sweep.news import DONE, OVER, News
from lyricterm.sweep.params import Range, parse_params
from lyricterm.sweep.plan import SAMPLES, SEEDS, Planned, plan
from lyricterm.sweep.receiver import Receiver
from lyricterm.sweep.record import Sweep
from lyricterm.sweep.search import Machines, Search
from lyricterm.sweep.texts import HELD_OUT, read_texts

_STOPS = ("asha",)
_BY = ("perplexity", HELD_OUT)
_NEWEST = ""
_MOST_CPUS, _MOST_GPUS, _MOST_COUNT = 1_024, 64.0, 1_000


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags and the recipe's, with the configured defaults."""
    parser.add_argument(
        "--param",
        metavar="NAME=VALUES",
        action="append",
        help=_("what to try for a setting: values and ranges, such as lr=0.1,0.2,log:0.05..0.5; once for each setting"),
    )
    parser.add_argument(
        "--samples",
        metavar="N",
        type=whole,
        help=with_default(_("how many numbers to draw from ranges"), SAMPLES),
    )
    parser.add_argument(
        "--seeds",
        metavar="N",
        type=whole,
        help=with_default(_("how many seeds to train each combination of settings with"), SEEDS),
    )
    parser.add_argument(
        "--stop", choices=_STOPS, help=_("asha: stop early the runs that do much worse than the others")
    )
    parser.add_argument(
        "--by", choices=_BY, help=with_default(_("what runs are judged by; the lowest is best"), _BY[0])
    )
    parser.add_argument(
        "--address",
        default="",
        metavar="auto|HOST:PORT|ray://HOST:PORT",
        help=_("train on a Ray cluster; auto finds the one that this machine belongs to (default: this machine alone)"),
    )
    parser.add_argument(
        "--cpus-each", type=whole, default=1, metavar="N", help=with_default(_("processors of each run"), 1)
    )
    parser.add_argument(
        "--gpus-each",
        type=number,
        default=0.0,
        metavar="X",
        help=with_default(_("GPUs of each run, or a part of one"), 0),
    )
    parser.add_argument(
        "--resume",
        dest="resumed_sweep",
        nargs="?",
        const=_NEWEST,
        metavar="SWEEP",
        help=_("go on with a sweep that is not done, the newest if none is named"),
    )
    parser.add_argument("--json", action="store_true", help=_("one JSON object a run on stdout"))
    add_recipe_flags(parser, defaults)


def run(namespace: argparse.Namespace) -> int:
    """Train; returns 0 when all runs are done, 1 if some failed, 130 interrupted.

    Raises:
        LyrictermError: if something is missing or wrong; nothing has been started then.
    """
    check_installed()
    _check(namespace)
    return _begin(namespace) if namespace.resumed_sweep is None else _go_on(namespace)


def _begin(namespace: argparse.Namespace) -> int:
    params = parse_params(namespace.param or [])
    if not params:
        raise UsageError(_("Say what to try, such as --param hidden=64,256 --param lr=log:0.05..0.5."))
    draws = any(isinstance(choice, Range) for param in params for choice in param.choices)
    if namespace.samples is not None and not draws:
        raise UsageError(
            _("--samples draws from ranges, and there is none; give one, such as --param lr=log:0.05..0.5.")
        )
    base = recipe_of(namespace)
    planned = plan(base, params, namespace.samples or SAMPLES, namespace.seeds or SEEDS)
    metric = namespace.by or _BY[0]
    _check_devices(planned, namespace.gpus_each)
    texts = read_texts([each.recipe for each in planned], metric)
    sweep = record.begin(base, planned, stops=namespace.stop is not None, metric=metric)
    return _search(namespace, sweep, texts)


def _go_on(namespace: argparse.Namespace) -> int:
    begun_with = {"--param": namespace.param, "--samples": namespace.samples, "--seeds": namespace.seeds}
    begun_with |= {"--stop": namespace.stop, "--by": namespace.by}
    given = [flag for flag, value in begun_with.items() if value is not None]
    if given or recipe_values(namespace):
        sentence = _("--resume goes on with a sweep as it was begun: leave {flag} out.")
        raise UsageError(sentence.format(flag=given[0] if given else _("the settings")))
    sweep = record.find(namespace.resumed_sweep)
    if not sweep.to_do:
        say(_("all runs of the sweep {name} are done").format(name=sweep.id))
        return 0
    _check_devices(sweep.planned, namespace.gpus_each)
    return _search(namespace, sweep, read_texts([each.recipe for each in sweep.planned], sweep.metric))


def _search(namespace: argparse.Namespace, sweep: Sweep, texts: list[Any]) -> int:
    lock = sweep.lock()
    if not lock.acquire():
        raise SweepError(_("The sweep {name} is being trained by another lyricterm.").format(name=sweep.id))
    try:
        sweep = sweep.taken_up()
        sweep.write()
        machines = Machines(namespace.address, namespace.cpus_each, namespace.gpus_each)
        with SweepNarration(json=namespace.json) as narration:
            search = Search(sweep, storage_of(namespace), machines, narration)
            narration.note(_("asking the cluster") if namespace.address else _("starting Ray on this machine"))
            try:
                search.run(texts, partial(interruptible, search.end))
            except SweepError:
                record.forget_unbegun(search.receiver.sweep)
                raise
        return _end(search.receiver, ended=search.ended, json=namespace.json)
    finally:
        lock.release()


def _end(receiver: Receiver, *, ended: bool, json: bool) -> int:
    from lyricterm.cli.sweep_tables import print_table

    sweep = receiver.sweep
    if not json:
        print_table(sweep, receiver.news)
    if receiver.trouble is not None:
        say(_("some runs could not be saved: {reason}").format(reason=receiver.trouble.strerror or receiver.trouble))
    if sweep.to_do:
        say(_("not all runs are done; go on with: lyricterm sweep --resume {name}").format(name=sweep.id))
    else:
        say(_("the runs are saved; lyricterm runs --by-settings lists them, v in the lab draws them"))
    if ended and sweep.to_do:
        return 130
    return 1 if sweep.to_do or receiver.trouble is not None else 0


def _check(namespace: argparse.Namespace) -> None:
    """The numbers, before anything is begun."""
    bounds = (
        ("--samples", namespace.samples, 1, _MOST_COUNT),
        ("--seeds", namespace.seeds, 1, _MOST_COUNT),
        ("--cpus-each", namespace.cpus_each, 1, _MOST_CPUS),
    )
    for flag, value, low, high in bounds:
        if value is not None and not low <= value <= high:
            sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
            raise UsageError(sentence.format(flag=flag, low=low, high=f"{high:,}", value=value))
    if not 0 <= namespace.gpus_each <= _MOST_GPUS:
        sentence = _("--gpus-each must be a number from 0 to {high}, not {value}.")
        raise UsageError(sentence.format(high=f"{_MOST_GPUS:.0f}", value=f"{namespace.gpus_each:g}"))
    if namespace.gpus_each > 1 and namespace.gpus_each % 1:
        sentence = _("--gpus-each must be a whole number, or a part of one GPU such as 0.5, not {value}.")
        raise UsageError(sentence.format(value=f"{namespace.gpus_each:g}"))


def _check_devices(planned: Sequence[Planned], gpus_each: float) -> None:
    """Runs that are to train on GPUs get one."""
    if not gpus_each and any(each.recipe.device == "cuda" for each in planned):
        raise UsageError(_("--device cuda needs a GPU for each run, or a part of one: add --gpus-each 1."))


class SweepNarration:
    """A live table on a terminal's stderr; elsewhere a line for each run that is over."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._told: set[int] = set()
        self._stack = contextlib.ExitStack()
        self._show: Any = None

    def __enter__(self) -> SweepNarration:
        if sys.stderr is not None and sys.stderr.isatty():
            from lyricterm.cli.sweep_tables import live_table

            live, self._show = live_table()
            self._stack.enter_context(live)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def note(self, sentence: str) -> None:
        """Say a sentence."""
        say(sentence)

    def begin(self, receiver: Receiver) -> None:
        """Say what is trained; runs that were done before are no news."""
        sweep = receiver.sweep
        self._told = {place for place, outcome in enumerate(sweep.outcomes) if outcome in DONE}
        count = len(sweep.to_do)
        told = n_("sweep {name}: {count} run", "sweep {name}: {count} runs", count)
        say(told.format(name=sweep.id, count=f"{count:,}"))
        if self._show is not None:
            self._show(sweep, receiver.news)

    def watch(self, receiver: Receiver) -> None:
        """Tell what is new."""
        for place, news in _ended(receiver, self._told):
            self._told.add(place)
            self._tell(receiver.sweep, place, news)
        if self._show is not None:
            self._show(receiver.sweep, receiver.news)

    def _tell(self, sweep: Sweep, place: int, news: News) -> None:
        from lyricterm.cli.sweep_tables import words_of

        planned, run = sweep.planned[place], sweep.runs[place]
        if self._json:
            print_json(
                dict(planned.values)
                | {"seed": planned.seed, "outcome": news.outcome.value, "epoch": news.epoch}
                | {sweep.metric: news.value, "best": news.best, "run": run, "machine": news.machine}
            )
        if news.outcome is RunStatus.FAILED or self._show is None:
            sentence = _("{settings}, seed {seed}: {outcome} at epoch {epoch}{run}")
            named = f", {spoken(run)}" if run else ""
            say(
                sentence.format(
                    settings=words_of(planned.values),
                    seed=planned.seed,
                    outcome=news.outcome.label,
                    epoch=f"{news.epoch:,}",
                    run=f": {news.sentence}" if news.sentence else named,
                )
            )


def _ended(receiver: Receiver, told: set[int]) -> Iterator[tuple[int, News]]:
    """The runs that are over, and on disk if they have anything to keep, and that were not told of."""
    for place, news in list(receiver.news.items()):
        if place not in told and news.outcome in OVER and receiver.sweep.outcomes[place] is news.outcome:
            yield place, news
