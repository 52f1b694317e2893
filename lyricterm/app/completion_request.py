"""How the prompt's completion is asked for: the decoding, the seed and how many to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lyricterm.core.decoding import GREEDY, KNOBS, MAX_SEED, Decoding, Knob
from lyricterm.core.i18n import N_
from lyricterm.reports.describe import decoding_words

SEVERAL, MOST = 3, 5
"""Candidates that are asked for at first, and at most."""

OWN = {
    "seed": Knob(
        label=N_("seed"),
        help=N_("the random seed: the same seed draws the same"),
        flag="--seed",
        metavar="N",
        low=0,
        high=MAX_SEED,
        whole=True,
        short=N_("seed"),
    ),
    "count": Knob(
        label=N_("completions"),
        help=N_("how many completions to choose from"),
        flag="--n",
        metavar="N",
        low=1,
        high=MOST,
        whole=True,
        short="n",
    ),
}
"""The two that belong to the prompt, declared as the knobs are."""

DIALS: dict[str, Knob] = KNOBS | OWN
"""Everything that can be turned in the prompt, in the order in which it is shown."""


@dataclass(frozen=True)
class CompletionRequest:
    """What a completion is asked for with; as it begins, the chapter's greedy one."""

    decoding: Decoding = GREEDY
    seed: int = 0
    count: int = 1

    def value(self, name: str) -> float | int | None:
        """Of a dial; None is off."""
        value: float | int | None = getattr(self if name in OWN else self.decoding, name)
        return value

    def turned(self, name: str, value: float | int | None) -> CompletionRequest:
        """With one dial at another value; a seed or several completions need chance, or a beam that is wide enough.

        Raises:
            DecodingError: if the value is out of bounds.
        """
        if name not in OWN:
            return replace(self, decoding=self.decoding.turned(name, value))._wide_enough()
        whole = 0 if value is None else int(value)
        OWN[name].check(whole)
        request = replace(self, seed=whole) if name == "seed" else replace(self, count=whole)
        return request._by_chance() if name == "seed" or request.count > 1 else request

    def stepped(self, name: str, direction: int) -> CompletionRequest:
        """With one dial a step up (1) or down (-1)."""
        value = self.value(name)
        if name in OWN:
            moved = int(value or 0) + direction
            return self.turned(name, min(int(OWN[name].high), max(int(OWN[name].low), moved)))
        return self.turned(name, DIALS[name].step(value, direction))

    def rerolled(self) -> CompletionRequest:
        """With the seeds behind those of the candidates there are."""
        return self.turned("seed", (self.seed + self.count) % MAX_SEED)

    def in_words(self) -> Iterator[str]:
        """What differs from the greedy completion."""
        return decoding_words(self.decoding, self.seed)

    def _by_chance(self) -> CompletionRequest:
        decoding = self.decoding
        if decoding.temperature == 0:
            decoding = decoding.turned("temperature", None)
        return replace(self, decoding=decoding.drawing())._wide_enough()

    def _wide_enough(self) -> CompletionRequest:
        beam = self.decoding.beam
        if beam is None or beam >= self.count:
            return self
        return replace(self, decoding=self.decoding.turned("beam", self.count))
