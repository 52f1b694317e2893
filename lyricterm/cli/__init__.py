"""The command line: the app by default, sub-commands beside it.

Exit codes: 0 done, 1 failed with a one-line reason on stderr, 2 usage, 3 diverged, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence

from lyricterm import __version__
from lyricterm.cli import bench, complete, corpus, exercise, runs, serve, sweep, train, watch, write
from lyricterm.cli.flags import (
    add_language,
    add_recipe_flags,
    add_resume_flag,
    start_of,
    storage_of,
    with_default,
    with_local_corpus,
)
from lyricterm.cli.help import HelpFormatter
from lyricterm.cli.interrupts import interrupt_once
from lyricterm.cli.lab import before_textual, has_terminal
from lyricterm.cli.narration import say
from lyricterm.cli.output import QuestionMarks, open_streams
from lyricterm.cli.parser import Parser
from lyricterm.core.config_values import THEMES
from lyricterm.core.errors import LyrictermError, UsageError
from lyricterm.core.i18n import LANGUAGES, _, language_of, translator
from lyricterm.core.user_config import DEFAULT, Config, read
from lyricterm.core.visitor import visitor

Subcommand = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if arguments is None:
        interrupt_once()
    given = list(sys.argv[1:] if arguments is None else arguments)
    with open_streams():
        return _guarded(given)


def _guarded(given: Sequence[str]) -> int:
    marks = QuestionMarks()
    try:
        return _command(given, _configured(given))
    except UsageError as error:
        say(str(error))
        return 2
    except LyrictermError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 130
    except OSError as error:
        # A terminal that has gone fails to print before the hangup comes.
        gone = error.errno == errno.EIO
        if not gone:
            say(error.strerror or str(error))
        return 130 if gone else 1
    finally:
        _tell_losses(marks.encoding())
        _drop_output()


def _command(given: Sequence[str], config: Config) -> int:
    try:
        namespace = _parser(config).parse_args(given)
        run: Subcommand = getattr(namespace, "run", _app)
        if run is not _app:
            _complain(config)
        return run(namespace)
    finally:
        # Here, and not when the interpreter ends, where nobody could catch what goes wrong.
        if sys.stdout is not None:
            sys.stdout.flush()


def _configured(given: Sequence[str]) -> Config:
    """The configuration, with its problems in the language that it may itself have chosen."""
    config = read()
    translator.use(_language(given) or config.language or language_of(os.environ))
    return read() if config.problems else config


def _complain(config: Config) -> None:
    """Say what is wrong in the configuration."""
    for sentence in config.problems:
        say(sentence)


def _tell_losses(encoding: str) -> None:
    """Say that stdout lacks characters, if it did."""
    if encoding:
        sentence = _(
            "some characters cannot be written in {encoding} and became ?; set PYTHONIOENCODING=utf-8, or use --json."
        )
        say(sentence.format(encoding=encoding))


def _drop_output() -> None:
    """Keep the interpreter from complaining, when it flushes at exit, that a reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except AttributeError:
            # Closed from the start.
            continue


def _language(given: Sequence[str]) -> str | None:
    """The language that the command line asks for, if it does."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--lang", choices=tuple(LANGUAGES))
    try:
        chosen: str | None = first.parse_known_args(given)[0].lang
    except argparse.ArgumentError:
        # The full parser says what is wrong.
        return None
    return chosen


def _parser(config: Config = DEFAULT) -> argparse.ArgumentParser:
    """The whole command line; what is parsed has the configuration as its ``config``."""
    parser = Parser(
        prog="lyricterm",
        description=_("A laboratory in the terminal for the from-scratch character-level RNN language model."),
        epilog=_("Without a command, the lab opens and starts training."),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"lyricterm {__version__}",
        help=_("show program's version number and exit"),
    )
    parser.add_argument("--paused", action="store_true", help=_("open the lab without starting to train"))
    parser.add_argument(
        "--theme", choices=THEMES, default=config.theme, help=with_default(_("the lab's colours"), config.theme)
    )
    add_language(parser, config.language)
    add_resume_flag(parser)
    add_recipe_flags(parser, config.recipe)
    parser.set_defaults(config=config)
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND", dest="command")
    for module in (train, complete, write, exercise, sweep, runs, watch, corpus, serve, bench):
        sub = commands.add_parser(
            module.__name__.rpartition(".")[2],
            help=module.summary(),
            description=module.summary(),
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )
        add_language(sub, config.language)
        module.add_arguments(sub, config.recipe)
        sub.set_defaults(run=module.run)
    return parser


def _app(namespace: argparse.Namespace) -> int:
    if visitor() is None and not has_terminal():
        _complain(namespace.config)
        say(_("there is no terminal here; training without a screen, as lyricterm train does."))
        return train.run(namespace)
    if visitor() is not None:
        from lyricterm.serve.confinement import confine

        confine()
    namespace.config = with_local_corpus(namespace.config)
    storage = storage_of(namespace)
    recipe, prepare = start_of(namespace, storage.store)
    before_textual()
    from lyricterm.app.process import run

    return run(
        recipe,
        paused=namespace.paused,
        theme=namespace.theme,
        config=namespace.config,
        prepare=prepare,
        storage=storage,
    )
