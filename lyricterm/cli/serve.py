"""``lyricterm serve``: the lab in browsers, one for each visitor."""

from __future__ import annotations

import argparse
import errno
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from lyricterm.cli.flags import add_recipe_flags, file_path, recipe_of, whole, with_default
from lyricterm.cli.output import say
from lyricterm.core.config_values import THEMES
from lyricterm.core.errors import ServeError, UsageError
from lyricterm.core.i18n import _, n_, translator
from lyricterm.core.pasted_path import path_of
from lyricterm.core.paths import CORPORA, runs_folder, visitors_folder
from lyricterm.core.sanitize import brief, one_line
from lyricterm.core.settings import DEFAULTS, SETTINGS, Recipe, show
from lyricterm.core.text_settings import split_corpus
from lyricterm.core.visitor import Visitor

HOST, PORT, VISITORS = "127.0.0.1", 8000, 8
INTERRUPTED = 130
"""The exit code: a server ends when it is interrupted."""
_MOST_PORT = 65_535
_MOST_VISITORS = 1_000
_PARTS = ("aiohttp", "textual_serve")
"""What the extra brings."""


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags; and those of the lab, which every visitor's begins with."""
    parser.add_argument("--host", default=HOST, help=with_default(_("the address to listen on"), HOST))
    parser.add_argument("--port", type=whole, default=PORT, metavar="N", help=with_default(_("the port"), PORT))
    parser.add_argument(
        "--visitors",
        type=whole,
        default=VISITORS,
        metavar="N",
        help=with_default(_("how many labs may be open at once"), VISITORS),
    )
    parser.add_argument(
        "--threads-each",
        type=whole,
        metavar="N",
        help=_("processors of each lab (default: an equal share, at least 1)"),
    )
    parser.add_argument(
        "--token",
        metavar="TEXT",
        help=_("a token that visitors must give; made and printed if others can reach the server"),
    )
    parser.add_argument(
        "--offer",
        action="append",
        metavar="FILE",
        type=file_path,
        default=[],
        help=_("a text that visitors may train on beside the built-in ones; repeat the flag for more"),
    )
    parser.add_argument(
        "--share-runs", action="store_true", help=_("visitors can see your runs, but cannot change them")
    )
    parser.add_argument("--paused", action="store_true", help=_("open the labs without starting to train"))
    parser.add_argument("--theme", choices=THEMES, help=_("the lab's colours"))
    add_recipe_flags(parser, defaults)


def run(namespace: argparse.Namespace) -> int:
    """Serve until interrupted; returns 130.

    Raises:
        LyrictermError: if something is missing or wrong; nothing has been started then.
    """
    if any(find_spec(name) is None for name in _PARTS):
        raise ServeError(_("serve needs its extra; install it with: pip install 'lyricterm[serve]'"))
    _check(namespace)
    recipe, guest = _offered(recipe_of(namespace), namespace.offer, namespace.share_runs)
    listening = _listening(namespace.host, namespace.port)
    with listening:
        return _serve(namespace, recipe, guest, listening)


def _serve(namespace: argparse.Namespace, recipe: Recipe, guest: Visitor, listening: socket.socket) -> int:
    from lyricterm.app.themes import THEMES
    from lyricterm.serve.access import Access, is_loopback, loopback_names, make_token, secret_of
    from lyricterm.serve.server import House, Server
    from lyricterm.serve.visitors import usable_cpus

    address, port = listening.getsockname()[:2]
    private = is_loopback([address])
    token = (namespace.token or "").strip() or ("" if private else make_token())
    folder = visitors_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = secret_of(folder)
    except OSError as error:
        sentence = _("{path} cannot be written: {reason}.")
        raise ServeError(sentence.format(path=brief(str(folder)), reason=error.strerror or error)) from error
    cpus = len(usable_cpus())
    threads = namespace.threads_each or max(1, cpus // namespace.visitors)
    hosts = loopback_names(namespace.host) if private else frozenset()
    house = House(
        _lab_arguments(namespace, recipe),
        guest,
        Access(secret, token, hosts),
        folder,
        namespace.visitors,
        min(threads, cpus),
        port,
        THEMES[_theme(namespace)].background or House.background,
        _theme(namespace),
        translator.language,
    )
    link = _link(address, port, token)
    Server(house).serve(listening, lambda: _announce(namespace.visitors, link))
    return INTERRUPTED


def _check(namespace: argparse.Namespace) -> None:
    """The numbers, before anything is opened."""
    from lyricterm.serve.access import SHORTEST_TOKEN

    bounds = (("--port", namespace.port, 0, _MOST_PORT), ("--visitors", namespace.visitors, 1, _MOST_VISITORS))
    threads = 1 if namespace.threads_each is None else namespace.threads_each
    for flag, value, low, high in (*bounds, ("--threads-each", threads, 1, 256)):
        if not low <= value <= high:
            sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
            raise UsageError(sentence.format(flag=flag, low=low, high=f"{high:,}", value=value))
    if namespace.token is not None and len(namespace.token.strip()) < SHORTEST_TOKEN:
        sentence = _("--token must have at least {count} characters; leave it out, and one is made.")
        raise UsageError(sentence.format(count=SHORTEST_TOKEN))


def _offered(recipe: Recipe, offers: list[Path], share_runs: bool) -> tuple[Recipe, Visitor]:
    """What visitors may read; the recipe names its text as they do."""
    corpora: dict[str, str] = {}
    for path in offers:
        _offer(path, corpora)
    if recipe.corpus not in CORPORA:
        several = split_corpus(recipe.corpus)
        if len(several) > 1:
            raise UsageError(_("Visitors begin with one text; give the others with --offer."))
        recipe = recipe.with_values({"corpus": _offer(path_of(several[0]), corpora)})
    return recipe, Visitor(corpora, str(runs_folder()) if share_runs else "")


def _offer(path: Path, corpora: dict[str, str]) -> str:
    """Add a text that can be read; its name, which it has already if it was given twice."""
    whole_path = _read_in_advance(path)
    known = {offered: name for name, offered in corpora.items()}
    name = known.get(whole_path) or _name(path, corpora)
    corpora[name] = whole_path
    return name


def _name(path: Path, taken: dict[str, str]) -> str:
    """What visitors call a text: its file's name without the ending, and a number if there is one such already."""
    stem = one_line(path.name.partition(".")[0])[:40] or "text"
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken and name not in CORPORA)


def _read_in_advance(path: Path) -> str:
    """The whole path of a text that can be read.

    Raises:
        CorpusError: if it cannot; better now than before the class.
    """
    from lyricterm.corpus.load import load

    whole_path = str(path.resolve())
    load(Recipe(corpus=whole_path, max_chars=2))
    return whole_path


def _listening(host: str, port: int) -> socket.socket:
    """A socket at the address.

    Raises:
        ServeError: if that cannot be.
    """
    try:
        family, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except PermissionError as error:
        sentence = _("Port {port} needs special rights; take one from 1024 on with --port.")
        raise ServeError(sentence.format(port=port)) from error
    except (OSError, UnicodeError) as error:
        sentence = _("{host}, port {port}, cannot be served: {reason}; try another --port or --host.")
        reason = _reason(error)
        raise ServeError(sentence.format(host=one_line(host), port=port, reason=reason)) from error


def _reason(error: OSError | UnicodeError) -> str:
    """Without the address, which Python adds to the reasons of some."""
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or str(error)


def _lab_arguments(namespace: argparse.Namespace, recipe: Recipe) -> list[str]:
    """The command line of each visitor's lab."""
    words = ["--lang", translator.language, "--theme", _theme(namespace)]
    if namespace.paused:
        words.append("--paused")
    for name, declared in SETTINGS.items():
        value = getattr(recipe, name)
        if value == DEFAULTS[name]:
            continue
        if isinstance(value, tuple):
            words += [f"{declared.flag}={text}" for text in value]
        elif isinstance(value, bool):
            words.append(_switch(name, value))
        else:
            words.append(f"{declared.flag}={show(value)}")
    return words


def _theme(namespace: argparse.Namespace) -> str:
    return namespace.theme or namespace.config.theme or "dark"


def _switch(name: str, on: bool) -> str:
    """The flag that turns a setting on or off; ``--no-clip`` says so itself."""
    flag = SETTINGS[name].flag
    return flag if on or flag.startswith("--no-") else flag.replace("--", "--no-", 1)


def _link(address: str, port: int, token: str) -> str:
    """What a browser opens."""
    shown = f"[{address}]" if ":" in address else address
    if address in ("0.0.0.0", "::"):
        shown = os.uname().nodename
    return f"http://{shown}:{port}/" + (f"?token={quote(token, safe='')}" if token else "")


def _announce(visitors: int, link: str) -> None:
    """Where the labs are, and how many."""
    print(link, flush=True)
    sentence = n_(
        "the lab is served there for {count} visitor; Ctrl+C ends it",
        "the lab is served there for {count} visitors at once; Ctrl+C ends it",
        visitors,
    )
    say(sentence.format(count=visitors))
