"""``lyricterm corpus``: what the chapter prints of a text before it trains on it."""

from __future__ import annotations

import argparse

from lyricterm.cli.flags import whole, with_default
from lyricterm.cli.narration import print_json
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import safe
from lyricterm.core.settings import Recipe, check

_PREVIEW = 40
_INDEXED = 20


def summary() -> str:
    """What the command does."""
    return _("look at a corpus: its beginning, length, vocabulary and indices")


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's flags, with the configured defaults."""
    parser.add_argument(
        "path",
        metavar="PATH|NAME",
        nargs="?",
        default=defaults.corpus,
        help=with_default(_("a .txt, a .zip with one in it, or a built-in corpus"), defaults.corpus),
    )
    parser.add_argument(
        "--max-chars",
        metavar="N",
        type=whole,
        default=defaults.max_chars,
        help=with_default(_("how many characters to take from its beginning"), defaults.max_chars),
    )
    parser.add_argument("--json", action="store_true", help=_("print one JSON object"))


def run(namespace: argparse.Namespace) -> int:
    """Print the corpus's figures."""
    from lyricterm.engine.corpus import load
    from lyricterm.engine.vocabulary import Vocabulary

    check("max_chars", namespace.max_chars)
    corpus = load(namespace.path, namespace.max_chars)
    vocabulary = Vocabulary.of(corpus.text)
    first = corpus.text[:_INDEXED]
    indices = [vocabulary.index[character] for character in first]
    if namespace.json:
        row = {
            "corpus": corpus.name,
            "first": corpus.text[:_PREVIEW],
            "total": corpus.total,
            "characters": len(corpus.text),
            "vocabulary": len(vocabulary),
            "chars": first,
            "indices": indices,
        }
        print_json(row)
        return 0
    print(_("corpus: {name}").format(name=corpus.name))
    print(_("first {count} characters: {text}").format(count=_PREVIEW, text=safe(corpus.text[:_PREVIEW])))
    print(
        _("length: {used} characters used of {total}").format(used=f"{len(corpus.text):,}", total=f"{corpus.total:,}")
    )
    print(_("vocabulary size: {count}").format(count=f"{len(vocabulary):,}"))
    print(_("chars: {text}").format(text=safe(first)))
    print(_("indices: {indices}").format(indices=indices))
    return 0
