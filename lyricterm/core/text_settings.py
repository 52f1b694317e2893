"""The settings that say which text is learnt from, and what counts as a character of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lyricterm.core.i18n import N_
from lyricterm.core.setting import AUTO, Applies, setting

ALL = "all"


@dataclass(frozen=True)
class TextSettings:
    """The part of a recipe that decides the text. The defaults are the chapter's ("read the data set")."""

    corpus: str = setting(
        "demo-zh",
        label=N_("corpus"),
        help=N_("the lyrics to learn from: a built-in text, a file, a folder or a pattern; repeat the flag for more"),
        applies=Applies.NEW_RUN,
        flag="--corpus",
        metavar="PATH|NAME",
    )
    max_chars: int = setting(
        20_000,
        label=N_("characters"),
        help=N_("how many characters of the corpus to train on, or all"),
        applies=Applies.NEW_RUN,
        flag="--max-chars",
        metavar="N|all",
        low=2,
        high=1_000_000_000,
        unlimited=ALL,
    )
    start: int = setting(
        0,
        label=N_("first character"),
        help=N_("how many characters to leave out at the beginning of the corpus"),
        applies=Applies.NEW_RUN,
        flag="--from",
        metavar="N",
        low=0,
        high=1_000_000_000,
    )
    valid: str = setting(
        AUTO,
        label=N_("held out"),
        help=N_("the last part of the text, from 0 to 0.5, that is not trained on but scored; auto: what follows it"),
        applies=Applies.NEW_RUN,
        flag="--valid",
        metavar="FRACTION|auto",
        low=0,
        high=0.5,
        word=AUTO,
        whole=False,
    )
    encoding: str = setting(
        AUTO,
        label=N_("encoding"),
        help=N_("the corpus's encoding, such as gb18030; auto finds it"),
        applies=Applies.NEW_RUN,
        flag="--encoding",
        metavar="NAME|auto",
    )
    column: str = setting(
        AUTO,
        label=N_("column"),
        help=N_("which column of a table (csv, tsv, json, jsonl, parquet) holds the lyrics; auto finds it"),
        applies=Applies.NEW_RUN,
        flag="--column",
        metavar="NAME|auto",
    )
    unicode: str = setting(
        "nfc",
        label=N_("Unicode"),
        help=N_("nfc: compose characters, drop those that cannot be seen; raw: take each as it is"),
        applies=Applies.NEW_RUN,
        flag="--unicode",
        choices=("nfc", "raw"),
        earlier="raw",
    )
    newlines: str = setting(
        "space",
        label=N_("newlines"),
        help=N_("space: the lines are joined by spaces, as in the chapter; keep: the end of a line is a character"),
        applies=Applies.NEW_RUN,
        flag="--newlines",
        choices=("space", "keep"),
    )
    case: str = setting(
        "keep",
        label=N_("letter case"),
        help=N_("keep capital letters, or make all letters lower-case"),
        applies=Applies.NEW_RUN,
        flag="--case",
        choices=("keep", "lower"),
    )
    script: str = setting(
        "keep",
        label=N_("Chinese script"),
        help=N_("keep the Chinese characters as they are, or write all of them simplified or traditional"),
        applies=Applies.NEW_RUN,
        flag="--script",
        choices=("keep", "simplified", "traditional"),
    )
    min_count: int = setting(
        1,
        label=N_("fewest uses"),
        help=N_("characters that are used fewer than N times become one unknown character, which is never written"),
        applies=Applies.NEW_RUN,
        flag="--min-count",
        metavar="N",
        low=1,
        high=1_000_000,
    )
    drop: tuple[str, ...] = setting(
        (),
        label=N_("leave out"),
        help=N_("leave out what this regular expression finds in a line; repeat the flag for more"),
        applies=Applies.NEW_RUN,
        flag="--drop",
        metavar="REGEX",
        regex=True,
    )
    dedupe: bool = setting(
        False,
        label=N_("each line once"),
        help=N_("leave out lines that repeat an earlier line"),
        applies=Applies.NEW_RUN,
        flag="--dedupe",
    )


_NAMES = re.compile(r"(?:\\\||[^|])+")


def split_corpus(corpus: str) -> tuple[str, ...]:
    """The names and paths of a corpus: several are separated by ``|``; in a path it stands after a backslash."""
    return tuple(name.replace(r"\|", "|") for name in _NAMES.findall(corpus)) or (corpus,)


def join_corpus(names: Iterable[str]) -> str:
    """The setting that ``split_corpus`` reads."""
    return "|".join(name.replace("|", r"\|") for name in names)
