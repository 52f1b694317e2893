"""``lyricterm corpus``: what the chapter prints of a text before it trains on it, and how it was read.

``lyricterm corpus fetch NAME`` fetches a data set.
"""

from __future__ import annotations

import argparse
from typing import Any

from lyricterm.cli.flags import add_text_flags, recipe_values, with_default
from lyricterm.cli.output import lyric, print_json, say
from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.pasted_path import path_of
from lyricterm.core.sanitize import LINE_END, one_line
from lyricterm.core.settings import Recipe, parse
from lyricterm.core.text_settings import join_corpus
from lyricterm.corpus.datasets import DATASETS
from lyricterm.corpus.text import Corpus, FileRead

_PREVIEW = 40
_INDEXED = 20


_FETCH = "fetch"


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's flags, with the configured defaults."""
    parser.add_argument(
        "path",
        metavar="PATH|NAME",
        nargs="*",
        help=with_default(_("a built-in text, a file, a folder or a pattern; several are joined"), defaults.corpus),
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="N|FILE",
        default=argparse.SUPPRESS,
        help=_("how many characters to leave out at the beginning; with fetch: take the copy that you have"),
    )
    add_text_flags(parser, defaults)
    parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
    parser.set_defaults(defaults=defaults)


def run(namespace: argparse.Namespace) -> int:
    """Print the corpus's figures."""
    if namespace.path[:1] == [_FETCH]:
        return _fetch(namespace)
    from lyricterm.corpus.load import load

    values = recipe_values(namespace)
    if "start" in values:
        values["start"] = parse("start", str(values["start"]))
    if namespace.path:
        values["corpus"] = join_corpus(namespace.path)
    recipe: Recipe = namespace.defaults.with_values(values)
    corpus = load(recipe)
    if namespace.json:
        print_json(_row(corpus))
        return 0
    for sentence in corpus.notes:
        say(sentence)
    _print(corpus)
    return 0


def _fetch(namespace: argparse.Namespace) -> int:
    """Fetch data sets, or take the copy that a person has; say what to know, where it lies, and how to go on."""
    from lyricterm.corpus.fetch import adopt, fetch

    names = namespace.path[1:]
    own = getattr(namespace, "start", None)
    if not names or (own is not None and len(names) > 1):
        sentence = _("Say which data set to fetch: {names}.")
        raise CorpusError(sentence.format(names=", ".join(DATASETS)))
    for name in names:
        if name in DATASETS:
            say(_(DATASETS[name].notice))
        path = fetch(name) if own is None else adopt(name, path_of(own))
        if namespace.json:
            print_json({"corpus": name, "path": str(path)})
        else:
            print(_("{name} is here: {path}").format(name=name, path=one_line(str(path))))
            print(_("train on it with: lyricterm --corpus {name}").format(name=name))
    return 0


def _indices(corpus: Corpus) -> list[int]:
    return [corpus.characters.index(character) for character in corpus.text[:_INDEXED]]


def _row(corpus: Corpus) -> dict[str, Any]:
    return {
        "corpus": corpus.name,
        "first": corpus.text[:_PREVIEW],
        "total": corpus.total,
        "characters": len(corpus.text),
        "vocabulary": len(corpus.characters),
        "chars": corpus.text[:_INDEXED],
        "indices": _indices(corpus),
        "files": [_file_row(file) for file in corpus.files],
        "repeated": round(corpus.repeated, 3),
        "beginnings": list(corpus.beginnings),
        "notes": list(corpus.notes),
    }


def _file_row(file: FileRead) -> dict[str, Any]:
    row = {
        "name": file.name,
        "characters": file.characters,
        "encoding": file.encoding,
        "confidence": round(file.confidence, 3),
    }
    return row | ({"column": file.column} if file.column else {})


def _print(corpus: Corpus) -> None:
    print(_("corpus: {name}").format(name=corpus.name))
    for file in corpus.files:
        print(_("read: {file}").format(file=_in_words(file)))
    if len(corpus.files) > 1:
        print(_("files: {count}").format(count=f"{len(corpus.files):,}"))
    print(_("first {count} characters: {text}").format(count=_PREVIEW, text=_shown(corpus.text[:_PREVIEW])))
    print(
        _("length: {used} characters used of {total}").format(used=f"{len(corpus.text):,}", total=f"{corpus.total:,}")
    )
    print(_("vocabulary size: {count}").format(count=f"{len(corpus.characters):,}"))
    print(_("repeated lines: {percent} %").format(percent=f"{100 * corpus.repeated:.0f}"))
    print(_("frequent beginnings: {texts}").format(texts=_shown(" | ".join(corpus.beginnings))))
    print(_("chars: {text}").format(text=_shown(corpus.text[:_INDEXED])))
    print(_("indices: {indices}").format(indices=_indices(corpus)))


def _shown(text: str) -> str:
    """A piece of the text, whose newlines can be seen in a pipe as well."""
    return lyric(text.replace("\n", LINE_END))


def _in_words(file: FileRead) -> str:
    name = _("{file}, column {column}").format(file=file.name, column=file.column) if file.column else file.name
    words = _("{name}, {count} characters").format(name=name, count=f"{file.characters:,}")
    if not file.encoding:
        return words
    if file.confidence == 1:
        return f"{words}, {file.encoding}"
    sentence = _("{file}, {encoding} ({percent} % sure)")
    return sentence.format(file=words, encoding=file.encoding, percent=f"{100 * file.confidence:.0f}")
