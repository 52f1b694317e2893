"""The command line: the app by default, sub-commands beside it.

Exit codes: 0 done, 1 failed with a one-line reason on stderr, 2 usage, 3 diverged, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence

from lyricterm import __version__
from lyricterm.cli import bench, complete, corpus, train
from lyricterm.cli.flags import add_recipe_flags, recipe_of
from lyricterm.cli.help import HelpFormatter
from lyricterm.cli.narration import say
from lyricterm.cli.parser import Parser
from lyricterm.errors import LyrictermError
from lyricterm.i18n import LANGUAGES, _, language_of, translator

Run = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    translator.use(_language(given))
    _print_anything()
    try:
        return _command(given)
    except LyrictermError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _drop_output()
        return 130
    except OSError as error:
        say(error.strerror or str(error))
        _drop_output()
        return 1


def _command(given: Sequence[str]) -> int:
    try:
        namespace = _parser().parse_args(given)
        run: Run = getattr(namespace, "run", _app)
        return run(namespace)
    finally:
        # Here, and not when the interpreter ends, where nobody could catch what goes wrong.
        if sys.stdout is not None:
            sys.stdout.flush()


def _print_anything() -> None:
    """Characters that the output's encoding lacks, and broken bytes of a file name, are printed as ``?``."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _drop_output() -> None:
    """Keep the interpreter from complaining, when it flushes at exit, that the reader has gone."""
    with contextlib.suppress(AttributeError, OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _language(given: Sequence[str]) -> str:
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--lang", choices=tuple(LANGUAGES))
    try:
        chosen = first.parse_known_args(given)[0].lang
    except argparse.ArgumentError:
        # The full parser says what is wrong.
        chosen = None
    return chosen or language_of(os.environ)


def _parser() -> argparse.ArgumentParser:
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
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help=_("the lab's colours"))
    _add_language(parser)
    add_recipe_flags(parser)
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND", dest="command")
    for module in (train, complete, corpus, bench):
        sub = commands.add_parser(
            module.__name__.rpartition(".")[2],
            help=module.summary(),
            description=module.summary(),
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )
        _add_language(sub)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lang",
        choices=tuple(LANGUAGES),
        default=argparse.SUPPRESS,
        help=_("language (default: the locale's)"),
    )


def _app(namespace: argparse.Namespace) -> int:
    recipe = recipe_of(namespace)
    if not _has_terminal():
        say(_("there is no terminal here; training without a screen, as lyricterm train does."))
        return train.run(namespace)
    # Must be set before textual is imported: with Kitty's protocol some terminals lose IME text.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    from lyricterm.app.app import run

    return run(recipe, paused=namespace.paused, theme=namespace.theme)


def _has_terminal() -> bool:
    both = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return both and os.environ.get("TERM") != "dumb"
