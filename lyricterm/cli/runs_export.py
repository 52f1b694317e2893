"""``lyricterm runs export``: curves and samples of kept runs as a file for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from lyricterm.cli.flags import file_path
from lyricterm.cli.output import say
from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _, n_
from lyricterm.core.sanitize import brief
from lyricterm.storage.run_store import Store


def summary() -> str:
    """What the command does."""
    return _("write curves or samples of runs to a file: CSV, JSON lines, or a report as HTML")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's flags."""
    parser.add_argument("run_names", metavar="RUN", nargs="+", help=_("the runs to write"))
    parser.add_argument(
        "--to", metavar="FILE", type=file_path, required=True, help=_("a file that ends in .csv, .jsonl or .html")
    )
    parser.add_argument(
        "--samples",
        action="store_true",
        help=_("the samples instead of the curves; in a report, all instead of the last"),
    )


def run(namespace: argparse.Namespace) -> int:
    """Write the file.

    Raises:
        RunError: if a run is not there, or the file cannot be written.
    """
    from lyricterm.reports.export import exported, format_of, write
    from lyricterm.reports.story import story_of

    path = _expanded(namespace.to)
    ending = format_of(path)
    store = Store()
    infos = {info.id: info for info in store.find_all(namespace.run_names)}
    write(path, exported([story_of(info) for info in infos.values()], ending, namespace.samples))
    sentence = n_("{count} run is in {path}", "{count} runs are in {path}", len(infos))
    say(sentence.format(count=len(infos), path=brief(str(path))))
    return 0


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise RunError(_("{path} names a home folder of an unknown user.").format(path=brief(str(path)))) from error
