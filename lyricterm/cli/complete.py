"""``lyricterm complete``: go on with prefixes, with the model of a checkpoint or of a kept run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lyricterm.cli.checkpoint_source import checkpoint_of
from lyricterm.cli.flags import number, whole
from lyricterm.cli.output import lyric, print_json, say
from lyricterm.core.copied import Spans, copied_spans, share_of
from lyricterm.core.decoding import KNOBS, MAX_SEED, Decoding, Knob, from_values
from lyricterm.core.errors import DecodingError
from lyricterm.core.graphemes import may_go_on
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import visible
from lyricterm.core.settings import MAX_PREFIX_CHARS, Recipe
from lyricterm.storage.run_store import Store

if TYPE_CHECKING:
    from lyricterm.core.copied import Searchable
    from lyricterm.engine.checkpoint import Checkpoint
    from lyricterm.engine.generation import Completion

_MAX_LENGTH = 1_000_000
_MAX_COUNT = 1_000
_BEFORE = 16
"""Characters before one that can decide how it is shown."""


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags; what is configured for experiments does not change them."""
    parser.add_argument(
        "prefixes",
        metavar="PREFIX",
        nargs="*",
        help=_("the prefix, the beginning of a lyric; without one, each line of stdin is a prefix"),
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE|RUN|last",
        help=_("a checkpoint file, or a run that lyricterm runs lists (default: the newest run)"),
    )
    parser.add_argument("--best", action="store_true", help=_("of a run, the weights of its best epoch"))
    parser.add_argument(
        "--length", metavar="N", type=whole, default=50, help=_("how many characters to write (default: 50)")
    )
    parser.add_argument(
        "--n", metavar="N", type=whole, default=1, help=_("how many completions of each prefix (default: 1)")
    )
    add_decoding_flags(parser)
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole,
        help=_("the random seed for drawing characters (default: 0); given, characters are drawn at random"),
    )
    parser.add_argument("--stream", action="store_true", help=_("print each character as it comes"))
    parser.add_argument("--json", action="store_true", help=_("print one JSON object a completion"))


def add_decoding_flags(parser: argparse.ArgumentParser) -> None:
    """One flag per knob of ``Decoding``."""
    group = parser.add_argument_group(_("how characters are chosen (default: the likeliest each time)"))
    for name, knob in KNOBS.items():
        group.add_argument(
            knob.flag, dest=name, metavar=knob.metavar, type=whole if knob.whole else number, help=_(knob.help)
        )


def decoding_of(namespace: argparse.Namespace) -> Decoding:
    """What the flags say.

    Raises:
        DecodingError: if a value is out of bounds.
    """
    return from_values(vars(namespace))


def run(namespace: argparse.Namespace) -> int:
    """Print each prefix followed by exactly ``--length`` characters."""
    options = _options(namespace)
    _check_prefixes(namespace.prefixes)
    path = checkpoint_of(namespace.checkpoint, Store(), best=namespace.best)
    from lyricterm.engine import checkpoint, snapshot
    from lyricterm.training.resume import training_text

    saved = checkpoint.load(path)
    writer = snapshot.writer(saved)
    is_seen = sys.stdout is not None and sys.stdout.isatty()
    training = training_text(saved) if namespace.json or (is_seen and not namespace.stream) else None
    for prefix in namespace.prefixes or _lines():
        _check_prefixes([prefix])
        if namespace.stream:
            unknown, text = writer.stream(
                prefix, namespace.length, saved.recipe.activation, options, namespace.seed or 0
            )
            _tell_unknown(unknown)
            _print_as_it_comes(prefix, text)
            continue
        made = writer.generate(
            prefix, namespace.length, saved.recipe.activation, options, namespace.seed or 0, namespace.n
        )
        _tell(made, saved, training, namespace)
    return 0


def _options(namespace: argparse.Namespace) -> Decoding:
    _within("--length", namespace.length, 0, _MAX_LENGTH)
    _within("--n", namespace.n, 1, _MAX_COUNT)
    _within("--seed", namespace.seed, 0, MAX_SEED)
    options = decoding_of(namespace)
    if namespace.stream and (namespace.json or namespace.n > 1 or options.beam is not None):
        raise DecodingError(_("--stream prints one completion as it is written: leave out --json, --n and --beam."))
    options.check_count(namespace.n)
    wants_chance = namespace.seed is not None or namespace.n > 1
    return options.drawing() if wants_chance else options


def _within(flag: str, value: int | None, low: int, high: int) -> None:
    if value is not None:
        Knob(label="", help="", flag=flag, metavar="N", low=low, high=high, whole=True).check(value)


def _lines() -> Iterator[str]:
    if sys.stdin is None or sys.stdin.isatty():
        raise DecodingError(_("Give a prefix to complete, or pipe prefixes in, one a line."))
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def _check_prefixes(prefixes: list[str]) -> None:
    for prefix in prefixes:
        if len(prefix) > MAX_PREFIX_CHARS:
            sentence = _("The prefix has {count} characters; give at most {most}.")
            raise DecodingError(sentence.format(count=f"{len(prefix):,}", most=f"{MAX_PREFIX_CHARS:,}"))


def _tell_unknown(unknown: Sequence[str]) -> None:
    if unknown:
        sentence = _("not in the vocabulary, skipped: {characters}")
        say(sentence.format(characters=" ".join(visible(char) for char in unknown)))


def _print_as_it_comes(prefix: str, text: Iterable[str]) -> None:
    """The same line that is printed without ``--stream``: what a mark stands on decides how it is shown."""
    print(lyric(prefix), end="", flush=True)
    before, held = prefix[-_BEFORE:], 0
    for character in text:
        before, held = (before + character)[-_BEFORE:], held + 1
        if not may_go_on(character):
            print(lyric(before)[-held:], end="", flush=True)
            held = 0
    print(lyric(before)[-held:] if held else "", flush=True)


def _tell(
    made: list[Completion], saved: Checkpoint, training: Searchable | None, namespace: argparse.Namespace
) -> None:
    """``training`` is the text that the model was trained on, if it is searched for what is copied."""
    from lyricterm.reports.describe import copied_words

    if made:
        _tell_unknown(made[0].unknown)
    for written in made:
        spans = None if training is None else copied_spans(written.text, training)
        share = share_of(spans, len(written.text))
        if namespace.json:
            row = {
                "prefix": written.prefix,
                "text": written.text,
                "unknown": list(written.unknown),
                "probabilities": list(written.probabilities),
                "copied": share,
                "epoch": saved.epoch,
            }
            print_json(row)
        else:
            print(underlined(lyric(written.prefix + written.text), len(written.prefix), spans or ()), flush=True)
            if spans is not None:
                say(copied_words(share, spans))


def underlined(line: str, behind: int, spans: Spans) -> str:
    """A line for a terminal with these parts of what comes ``behind`` so many characters underlined."""
    for start, end in reversed(spans):
        start, end = behind + start, behind + end
        line = f"{line[:start]}\x1b[4m{line[start:end]}\x1b[24m{line[end:]}"
    return line
