"""How the next character is chosen from the scores: greedily, or drawn after filters have changed the scores.

One file a filter or a few of a kind; ``FILTERS`` says which knob makes which, in the order of application.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lyricterm.core.decoding import Decoding
from lyricterm.engine.decoding.base import Decoder, Filter, History
from lyricterm.engine.decoding.cuts import min_p, top_k, top_p
from lyricterm.engine.decoding.draw import draw, softmax
from lyricterm.engine.decoding.greedy import greedy
from lyricterm.engine.decoding.repetition import no_repeat, repetition_penalty
from lyricterm.engine.decoding.temperature import temperature

__all__ = ["FILTERS", "Decoder", "History", "decoder", "draw", "filtered", "filters_of", "greedy", "softmax"]

FILTERS: dict[str, Callable[..., Filter]] = {
    "repetition_penalty": repetition_penalty,
    "no_repeat": no_repeat,
    "temperature": temperature,
    "top_k": top_k,
    "top_p": top_p,
    "min_p": min_p,
}
"""A knob of ``Decoding`` to the filter that it makes, in the order of application."""


def decoder(options: Decoding, seed: int = 0) -> Decoder:
    """The decoder that these options describe, but for beam search; the same seed draws the same."""
    filters = filters_of(options)
    if not filters:
        return greedy
    generator = torch.Generator().manual_seed(seed)

    def choose(scores: Tensor, history: History) -> Tensor:
        left = filtered(scores, history, filters)
        if not options.draws:
            return greedy(left)
        return draw(softmax(left), float(torch.rand((), generator=generator, dtype=torch.float64)))

    return choose


def filters_of(options: Decoding) -> list[Filter]:
    """The filters that the options switch on."""
    values = {name: getattr(options, name) for name in FILTERS}
    # Temperature 0 is greedy, which needs no division.
    return [FILTERS[name](value) for name, value in values.items() if value is not None and value != 0]


def filtered(scores: Tensor, history: History, filters: Sequence[Filter]) -> Tensor:
    """The scores (1, V), in float64, after all filters."""
    scores = scores.double()
    for each in filters:
        scores = each(scores, history)
    return scores
