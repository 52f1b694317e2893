"""``lyricterm write``: a whole song with a form, with the model of a checkpoint or of a kept run."""

from __future__ import annotations

import argparse
import re

from lyricterm.cli.checkpoint_source import checkpoint_of
from lyricterm.cli.complete import add_decoding_flags, decoding_of
from lyricterm.cli.flags import whole
from lyricterm.cli.output import lyric, print_json, say
from lyricterm.core.decoding import MAX_SEED, Knob
from lyricterm.core.errors import DecodingError, LyrictermError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import Store


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags."""
    parser.add_argument(
        "--checkpoint",
        metavar="FILE|RUN|last",
        help=_("a checkpoint file, or a run that lyricterm runs lists (default: the newest run)"),
    )
    parser.add_argument("--best", action="store_true", help=_("of a run, the weights of its best epoch"))
    parser.add_argument("--title", metavar="TEXT", default="", help=_("the title; the song goes on from it"))
    parser.add_argument("--lines", metavar="N", type=whole, default=8, help=_("lines of each part (default: 8)"))
    parser.add_argument(
        "--rhyme",
        metavar="AABB",
        default="",
        help=_("which lines of a stanza rhyme, one letter each; - is a line without a rhyme"),
    )
    parser.add_argument(
        "--line-length",
        metavar="MIN-MAX",
        default="",
        help=_("characters of a line (default: 5-12, or 16-48 where the text is written in words)"),
    )
    parser.add_argument(
        "--acrostic",
        metavar="TEXT",
        default="",
        help=_("an acrostic: the first characters of the lines, read downwards"),
    )
    parser.add_argument(
        "--form", metavar="VRVR", default="V", help=_("the parts: V is a new verse, R the same refrain (default: V)")
    )
    add_decoding_flags(parser)
    parser.add_argument(
        "--seed", metavar="N", type=whole, default=0, help=_("the random seed for drawing characters (default: 0)")
    )
    parser.add_argument("--json", action="store_true", help=_("print one JSON object"))


def run(namespace: argparse.Namespace) -> int:
    """Print the song; 1 if the form could not be met everywhere, with one sentence a place."""
    Knob(label="", help="", flag="--seed", metavar="N", low=0, high=MAX_SEED, whole=True).check(namespace.seed)
    options = decoding_of(namespace).drawing()
    path = checkpoint_of(namespace.checkpoint, Store(), best=namespace.best)
    from lyricterm.corpus.load import load
    from lyricterm.engine import checkpoint, snapshot
    from lyricterm.engine.songs.form import Form
    from lyricterm.engine.songs.song import Songwriter

    saved = checkpoint.load(path)
    try:
        text = str(load(saved.recipe).text)
    except LyrictermError:
        text = ""
    songwriter = Songwriter(snapshot.writer(saved), saved.recipe.activation, text)
    low, high = _lengths(namespace.line_length) or ((16, 48) if songwriter.in_words else (5, 12))
    form = Form(namespace.lines, namespace.rhyme, low, high, namespace.acrostic, namespace.form.upper())
    song = songwriter.write(form, options, namespace.title, namespace.seed)
    if namespace.json:
        print_json({"title": song.title, "parts": [list(part) for part in song.parts], "unmet": list(song.unmet)})
    else:
        parts = ["\n".join(map(lyric, part)) for part in song.parts]
        print("\n\n".join([lyric(song.title), *parts] if song.title else parts), flush=True)
    for sentence in song.unmet:
        say(sentence)
    return 1 if song.unmet else 0


def _lengths(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text)
    if found is None:
        sentence = _("--line-length must be one number or MIN-MAX, such as 7 or 5-12, not {value}.")
        raise DecodingError(sentence.format(value=text[:60]))
    low = int(found[1])
    return low, int(found[2] or low)
