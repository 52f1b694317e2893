"""``lyricterm runs``: the runs that are kept, and what can be done with them."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lyricterm.cli import runs_export
from lyricterm.cli.flags import add_language
from lyricterm.cli.help import HelpFormatter
from lyricterm.cli.output import print_json, say
from lyricterm.core.errors import RunError, UsageError
from lyricterm.core.i18n import _, n_
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe, recipe_to_dict
from lyricterm.storage.run_store import RunFolder, RunInfo, Store

RunsAction = Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags and what it can do."""
    parser.add_argument("--json", action="store_true", help=_("print one JSON object a run"))
    parser.add_argument(
        "--by-settings",
        action="store_true",
        help=_("one line for runs that differ only in their seed, with the mean and the range of their perplexities"),
    )
    parser.add_argument(
        "--exercises",
        action="store_true",
        help=_("list the runs of exercises as well, as --json does"),
    )
    parser.epilog = _(
        "Without an action, the runs are listed. RUN is an id, its beginning, a name, or last for the newest."
    )
    actions = parser.add_subparsers(title=_("actions"), metavar="ACTION")
    shown = _add(actions, "show", show, _("all about a run"))
    shown.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("print one JSON object"))
    _add_run(shown)
    removed = _add(actions, "rm", remove, _("remove runs"))
    removed.add_argument("--force", action="store_true", help=_("remove pinned runs as well"))
    removed.add_argument("run_names", metavar="RUN", nargs="+", help=_("the runs to remove"))
    runs_export.add_arguments(_add(actions, "export", runs_export.run, runs_export.summary()))
    named = _add(actions, "name", rename, _("call a run by a name; without one, take the run's name away"))
    _add_run(named)
    # The rest of the line, so that a name that looks like a flag is told what is wrong with it.
    named.add_argument("new_name", metavar="NAME", nargs=argparse.REMAINDER, help=_("the new name"))
    _add_run(_add(actions, "path", path, _("print a run's folder")))
    _add_run(_add(actions, "pin", pin, _("keep a run's checkpoint when old ones are removed to make room")))
    _add_run(_add(actions, "unpin", unpin, _("allow a run's checkpoint to be removed when room is needed")))


def _add(actions: Any, name: str, action: RunsAction, does: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=does, description=does, formatter_class=HelpFormatter, allow_abbrev=False
    )
    add_language(parser)
    parser.set_defaults(action=action)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run_name", metavar="RUN", help=_("the run's id, its beginning, its name, or last for the newest")
    )


def run(namespace: argparse.Namespace) -> int:
    """Do one action; returns 0."""
    action: RunsAction = getattr(namespace, "action", list_runs)
    return action(namespace)


def list_runs(namespace: argparse.Namespace) -> int:
    """Print all runs, the newest first, and on stderr how much they take."""
    from lyricterm.cli.runs_tables import print_groups, print_list
    from lyricterm.reports.seed_groups import by_settings
    from lyricterm.storage.run_cache import as_it_stands

    store = Store()
    found, broken = store.listing()
    if not found and (trouble := store.trouble()):
        raise RunError(trouble)
    shown = [info for info in found if namespace.exercises or namespace.json or not info.exercise]
    runs = [as_it_stands(info) for info in shown]
    if namespace.json:
        for info in runs:
            print_json(to_dict(info))
    elif runs and namespace.by_settings:
        print_groups(by_settings(runs))
    elif runs:
        print_list(runs)
    # The list comes before what is said of it, wherever the two go.
    if sys.stdout is not None:
        sys.stdout.flush()
    _say_total(runs, len(found) - len(shown))
    for info in runs:
        if info.running:
            say(_("● {id} is in use by {who}").format(id=info.id, who=info.trained_by or "?"))
    for _name, sentence in broken:
        say(sentence)
    return 0


def show(namespace: argparse.Namespace) -> int:
    """Print all about one run.

    Raises:
        RunError: if there is no such run, or it cannot be read.
    """
    from lyricterm.cli.runs_tables import print_run
    from lyricterm.storage.run_cache import as_it_stands
    from lyricterm.storage.run_log import read_curve, read_samples

    info = as_it_stands(Store().find(namespace.run_name))
    folder = RunFolder(info.folder)
    try:
        curve, samples = read_curve(folder.curve_file), read_samples(folder.samples_file)
    except OSError as error:
        sentence = _("The run {id} cannot be read: {reason}.")
        raise RunError(sentence.format(id=info.id, reason=error.strerror or error)) from error
    if namespace.json:
        row = to_dict(info)
        row["curve"] = [epoch.to_dict() for epoch in curve.epochs]
        row["marks"] = [mark.to_dict() for mark in curve.marks]
        row["samples"] = [sample.to_dict() for sample in samples]
        print_json(row)
    else:
        print_run(info, curve, samples)
    return 0


def remove(namespace: argparse.Namespace) -> int:
    """Remove runs, all that are named or none.

    Raises:
        RunError: if one is not there, is running, or is pinned and not forced.
    """
    from rich.filesize import decimal

    store = Store()
    named = {info.id: info for info in store.find_all(namespace.run_names)}
    for info in named.values():
        _check_removable(info, namespace.force)
    for info in named.values():
        store.remove(info)
        say(_("removed {id} ({size})").format(id=info.id, size=decimal(info.size)))
    return 0


def path(namespace: argparse.Namespace) -> int:
    """Print where a run lies; ``RunError`` if it is not there."""
    print(Store().find(namespace.run_name).folder)
    return 0


def rename(namespace: argparse.Namespace) -> int:
    """Give a run a name, or take it away; ``RunError`` if it is not there or cannot be called so."""
    store = Store()
    info = store.find(namespace.run_name)
    store.rename(info, _new_name(namespace.new_name))
    name = store.find(info.id).name
    say(_("{id} is called {name}").format(id=info.id, name=name) if name else _("{id} has no name").format(id=info.id))
    return 0


def _new_name(rest: list[str]) -> str:
    """The one word behind the run; ``--`` and the language, which was read before, are none.

    Raises:
        UsageError: if there are several.
    """
    words = list(rest)
    if "--lang" in words[:-1]:
        place = words.index("--lang")
        del words[place : place + 2]
    words = words[1:] if words[:1] == ["--"] else words
    if len(words) > 1:
        sentence = _("a name with spaces must be in quotes: lyricterm runs name RUN {name}")
        raise UsageError(sentence.format(name=shlex.quote(" ".join(words))))
    return words[0] if words else ""


def pin(namespace: argparse.Namespace) -> int:
    """Keep a run's checkpoint; ``RunError`` if the run is not there."""
    return _pin(namespace.run_name, True, _("pinned {id}"))


def unpin(namespace: argparse.Namespace) -> int:
    """Keep a run's checkpoint no more; ``RunError`` if the run is not there."""
    return _pin(namespace.run_name, False, _("{id} is not pinned"))


def to_dict(info: RunInfo) -> dict[str, Any]:
    """One run as ``runs --json`` promises it."""
    return {
        "id": info.id,
        "name": info.name,
        "spoken": info.spoken,
        "state": info.status.value,
        "running": info.running,
        "trained_by": info.trained_by,
        "pinned": info.pinned,
        "epoch": info.epoch,
        "epochs": info.recipe.epochs,
        "minibatch": info.minibatch,
        "perplexity": info.perplexity,
        "best": info.best,
        "valid_perplexity": info.valid_perplexity,
        "held_out": None if info.held_out is None else vars(info.held_out),
        "best_held_out": None if info.best_held_out is None else vars(info.best_held_out),
        "diverged": info.diverged,
        "seconds": info.seconds,
        "corpus": info.corpus,
        "characters": info.characters,
        "vocabulary": info.vocabulary,
        "fingerprint": info.fingerprint,
        "device": info.device,
        "sweep": info.sweep,
        "exercise": info.exercise,
        "created": info.created,
        "updated": info.updated,
        "size": info.size,
        "path": str(info.folder),
        "checkpoint": None if info.checkpoint is None else str(info.checkpoint),
        "recipe": recipe_to_dict(info.recipe),
    }


def _say_total(runs: Sequence[RunInfo], of_exercises: int) -> None:
    """How much is listed, and that there are so many runs of exercises that are not."""
    if runs:
        _say_size(runs)
    elif not of_exercises:
        say(_("there are no runs yet; lyricterm train or the lab makes one."))
    if of_exercises:
        sentence = n_(
            "{count} run of an exercise is saved; lyricterm runs --exercises lists it",
            "{count} runs of exercises are saved; lyricterm runs --exercises lists them",
            of_exercises,
        )
        say(sentence.format(count=f"{of_exercises:,}"))


def _say_size(runs: Sequence[RunInfo]) -> None:
    from rich.filesize import decimal

    size = decimal(sum(info.size for info in runs))
    sentence = n_("{count} run, {size}", "{count} runs, {size}", len(runs)).format(count=len(runs), size=size)
    marked = any(info.pinned for info in runs)
    say(_("{sentence}; * marks a pinned one").format(sentence=sentence) if marked else sentence)


def _check_removable(info: RunInfo, force: bool) -> None:
    if info.running:
        raise RunError(
            _("The run {id} is being trained; stop the training before you remove the run.").format(id=info.id)
        )
    if info.pinned and not force:
        sentence = _("The run {id} is pinned; unpin it with lyricterm runs unpin {id}, or remove it with --force.")
        raise RunError(sentence.format(id=info.id))


def _pin(name: str, on: bool, sentence: str) -> int:
    store = Store()
    info = store.find(name)
    store.pin(info, on)
    say(sentence.format(id=one_line(info.id)))
    return 0
