"""How lyrics are generated: each knob is declared once; flags, checks, the prompt's panel and the help follow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lyricterm.core.errors import DecodingError
from lyricterm.core.i18n import N_, _

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Knob:
    """How one field of ``Decoding`` is called, bounded and explained (label and help are source text)."""

    label: str
    help: str
    flag: str
    metavar: str
    high: float
    low: float = -math.inf
    above: float = -math.inf
    """An exclusive lower bound."""
    whole: bool = False
    short: str = ""
    """One word, for where there is little room (source text)."""
    steps: tuple[float, ...] = ()
    """Values that are stepped through, the lowest first; below it the knob is off."""
    first: float = 0
    """The one that it is switched on with."""

    @property
    def range(self) -> str:
        """The values that are allowed, in figures."""
        low = f"> {self.above:g}" if math.isfinite(self.above) else self._figure(self.low)
        return f"{low} … {self._figure(self.high)}"

    def step(self, value: float | None, direction: int) -> float | int | None:
        """The next step above (1) or below (-1) a value; None is off."""
        if value is None:
            return self.first if direction > 0 else None
        if direction > 0:
            return next((step for step in self.steps if step > value), value)
        return next((step for step in reversed(self.steps) if step < value), None)

    def read(self, text: str) -> float | int:
        """What a person typed.

        Raises:
            DecodingError: one sentence with the allowed range.
        """
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            raise DecodingError(self._wrong(text[:60])) from None
        self.check(value)
        return value

    def check(self, value: float) -> None:
        """Raise ``DecodingError`` if the value is out of bounds."""
        if not (self.low <= value <= self.high and value > self.above):
            raise DecodingError(self._wrong(f"{value:g}" if isinstance(value, float) else str(value)[:60]))

    def _wrong(self, value: str) -> str:
        if self.whole:
            sentence = _("{flag} must be a whole number from {low} to {high}, not {value}.")
        elif math.isfinite(self.above):
            sentence = _("{flag} must be a number above {low} and up to {high}, not {value}.")
        else:
            sentence = _("{flag} must be a number from {low} to {high}, not {value}.")
        low = self.above if math.isfinite(self.above) else self.low
        return sentence.format(flag=self.flag, low=self._figure(low), high=self._figure(self.high), value=value)

    def _figure(self, value: float) -> str:
        return f"{int(value):,}" if self.whole else f"{value:,g}"


def knob(**declaration: Any) -> Any:
    """A dataclass field that is off by default and carries its ``Knob``."""
    return field(default=None, metadata={"knob": Knob(**declaration)})


@dataclass(frozen=True)
class Decoding:
    """How to choose each character. None switches a knob off; all off is greedy.

    Raises:
        DecodingError: if a value is out of bounds, or beam search is asked to draw.
    """

    temperature: float | None = knob(
        label=N_("temperature"),
        help=N_("draw from the softmax at this temperature; 0 takes the likeliest"),
        flag="--temperature",
        metavar="X",
        low=0,
        high=1e3,
        short=N_("temp"),
        steps=(0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0),
        first=1.0,
    )
    top_k: int | None = knob(
        label=N_("top-k"),
        help=N_("draw from the N likeliest only"),
        flag="--top-k",
        metavar="N",
        low=1,
        high=0x110000,
        whole=True,
        short=N_("top-k"),
        steps=(1, 2, 3, 5, 10, 20, 50, 100, 200, 500),
        first=10,
    )
    top_p: float | None = knob(
        label=N_("top-p"),
        help=N_("draw from the likeliest that together reach X only"),
        flag="--top-p",
        metavar="X",
        above=0,
        high=1,
        short=N_("top-p"),
        steps=(0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99),
        first=0.9,
    )
    min_p: float | None = knob(
        label=N_("min-p"),
        help=N_("draw only from characters at least X times as likely as the likeliest"),
        flag="--min-p",
        metavar="X",
        above=0,
        high=1,
        short=N_("min-p"),
        steps=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
        first=0.05,
    )
    repetition_penalty: float | None = knob(
        label=N_("repetition penalty"),
        help=N_("lower the scores of the latest 64 characters by this factor"),
        flag="--repetition-penalty",
        metavar="X",
        low=1,
        high=100,
        short=N_("penalty"),
        steps=(1.05, 1.1, 1.2, 1.3, 1.5, 2.0),
        first=1.1,
    )
    no_repeat: int | None = knob(
        label=N_("no repeated n-gram"),
        help=N_("never write the same N characters in a row twice"),
        flag="--no-repeat",
        metavar="N",
        low=2,
        high=64,
        whole=True,
        short=N_("n-gram"),
        steps=(2, 3, 4, 5, 6, 8),
        first=4,
    )
    beam: int | None = knob(
        label=N_("beam width"),
        help=N_("beam search: keep the N most probable continuations; nothing is drawn at random"),
        flag="--beam",
        metavar="N",
        low=1,
        high=64,
        whole=True,
        short=N_("beam"),
        steps=(2, 3, 4, 5, 8, 10, 20),
        first=4,
    )

    def __post_init__(self) -> None:
        for name, declared in KNOBS.items():
            value = getattr(self, name)
            if value is not None:
                declared.check(value)
        if self.beam is not None and any(getattr(self, name) is not None for name in DRAWING):
            flags = ", ".join(KNOBS[name].flag for name in DRAWING)
            raise DecodingError(
                _("Beam search never draws at random: with --beam, leave {flags} out.").format(flags=flags)
            )

    @property
    def draws(self) -> bool:
        """Whether chance decides."""
        return self.temperature != 0 and any(getattr(self, name) is not None for name in DRAWING)

    def check_count(self, count: int) -> None:
        """Raise ``DecodingError`` if it has fewer than ``count`` different answers."""
        if count > 1 and self.temperature == 0:
            sentence = _("Temperature 0 writes one completion only: leave --n or --temperature out.")
            raise DecodingError(sentence)
        if self.beam is not None and self.beam < count:
            sentence = _("A beam of width {beam} finds at most {beam} completions: lower --n, or give a wider --beam.")
            raise DecodingError(sentence.format(beam=self.beam))

    def turned(self, name: str, value: float | None) -> Decoding:
        """The same with one knob at another value; of beam search and chance the newer goes.

        Raises:
            DecodingError: if the value is out of bounds.
        """
        values = {each: getattr(self, each) for each in KNOBS} | {name: value}
        if value is not None:
            gone = DRAWING if name == "beam" else ("beam",) if name in DRAWING else ()
            values |= dict.fromkeys(gone)
        return Decoding(**values)

    def on(self) -> dict[str, float | int]:
        """The knobs that are on."""
        return {name: value for name in KNOBS if (value := getattr(self, name)) is not None}

    def drawing(self) -> Decoding:
        """The same, but chance decides: at temperature 1 if none is set, unless it is beam search."""
        if self.draws or self.temperature is not None or self.beam is not None:
            return self
        return Decoding(**{name: getattr(self, name) for name in KNOBS} | {"temperature": 1.0})


KNOBS: dict[str, Knob] = {each.name: each.metadata["knob"] for each in fields(Decoding)}
"""Every knob by its field's name."""

DRAWING = ("temperature", "top_k", "top_p", "min_p")
"""Knobs with which chance decides."""

GREEDY = Decoding()


def from_values(values: Mapping[str, Any]) -> Decoding:
    """The options that are among some values by name; the rest is off."""
    return Decoding(**{name: values[name] for name in KNOBS if values.get(name) is not None})
