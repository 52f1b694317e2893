"""``lyricterm complete``: go on with a prefix, with the model of a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

from lyricterm.cli.flags import number, whole
from lyricterm.cli.narration import print_json, say
from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line, visible
from lyricterm.core.settings import MAX_PREFIX_CHARS, Recipe

_MAX_LENGTH = 1_000_000


def summary() -> str:
    """What the command does."""
    return _("go on with the beginning of a lyric")


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags; what is configured for experiments does not change them."""
    parser.add_argument("prefix", metavar="PREFIX", help=_("the beginning of a lyric"))
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=Path, required=True, help=_("what lyricterm train --save wrote")
    )
    parser.add_argument(
        "--length", metavar="N", type=whole, default=50, help=_("how many characters to write (default: 50)")
    )
    parser.add_argument(
        "--temperature",
        metavar="X",
        type=number,
        help=_("draw from the softmax at this temperature instead of taking the likeliest"),
    )
    parser.add_argument("--top-k", metavar="N", type=whole, help=_("draw from the N likeliest only"))
    parser.add_argument(
        "--top-p", metavar="X", type=number, help=_("draw from the likeliest that together reach X only")
    )
    parser.add_argument("--seed", metavar="N", type=whole, default=0, help=_("the random seed of drawing (default: 0)"))
    parser.add_argument("--json", action="store_true", help=_("print one JSON object"))


def run(namespace: argparse.Namespace) -> int:
    """Print the prefix followed by exactly ``--length`` characters."""
    _check(namespace)
    from lyricterm.engine import checkpoint, decoding, snapshot

    saved = checkpoint.load(namespace.checkpoint)
    drawn = (namespace.temperature, namespace.top_k, namespace.top_p) != (None, None, None)
    choose = (
        decoding.sampler(
            temperature=1.0 if namespace.temperature is None else namespace.temperature,
            k=namespace.top_k,
            p=namespace.top_p,
            seed=namespace.seed,
        )
        if drawn
        else decoding.greedy
    )
    writer = snapshot.writer(saved)
    written = writer.complete(namespace.prefix, namespace.length, saved.recipe.activation, choose)
    if written.unknown:
        sentence = _("not in the vocabulary, skipped: {characters}")
        say(sentence.format(characters=" ".join(visible(char) for char in written.unknown)))
    if namespace.json:
        row = {
            "prefix": written.prefix,
            "text": written.text,
            "unknown": list(written.unknown),
            "probabilities": list(written.probabilities),
            "epoch": saved.epoch,
        }
        print_json(row)
    else:
        print(one_line(written.prefix + written.text))
    return 0


def _check(namespace: argparse.Namespace) -> None:
    bounds: list[tuple[str, float | None, float, float]] = [
        ("--length", namespace.length, 0, _MAX_LENGTH),
        ("--top-k", namespace.top_k, 1, 0x110000),
        ("--seed", namespace.seed, 0, 2**63 - 1),
    ]
    for flag, value, low, high in bounds:
        if value is not None and not low <= value <= high:
            sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
            raise RecipeError(flag, sentence.format(flag=flag, low=f"{low:,.0f}", high=f"{high:,.0f}", value=value))
    above: list[tuple[str, float | None, float]] = [
        ("--temperature", namespace.temperature, 1e3),
        ("--top-p", namespace.top_p, 1),
    ]
    for flag, value, high in above:
        if value is not None and not 0 < value <= high:
            sentence = _("{flag} must be a number above 0 and up to {high}, not {value}.")
            raise RecipeError(flag, sentence.format(flag=flag, high=f"{high:g}", value=value))
    if len(namespace.prefix) > MAX_PREFIX_CHARS:
        sentence = _("The prefix has {count} characters; give at most {most}.")
        raise RecipeError("prefix", sentence.format(count=f"{len(namespace.prefix):,}", most=f"{MAX_PREFIX_CHARS:,}"))
