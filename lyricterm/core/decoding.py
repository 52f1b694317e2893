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
        return sentence.format(flag=self.flag, low=f"{low:,g}", high=f"{self.high:,.10g}", value=value)


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
    )
    top_k: int | None = knob(
        label=N_("top-k"),
        help=N_("draw from the N likeliest only"),
        flag="--top-k",
        metavar="N",
        low=1,
        high=0x110000,
        whole=True,
    )
    top_p: float | None = knob(
        label=N_("top-p"),
        help=N_("draw from the likeliest that together reach X only"),
        flag="--top-p",
        metavar="X",
        above=0,
        high=1,
    )
    min_p: float | None = knob(
        label=N_("min-p"),
        help=N_("draw only from characters at least X times as likely as the likeliest"),
        flag="--min-p",
        metavar="X",
        above=0,
        high=1,
    )
    repetition_penalty: float | None = knob(
        label=N_("repetition penalty"),
        help=N_("lower the scores of the latest 64 characters by this factor"),
        flag="--repetition-penalty",
        metavar="X",
        low=1,
        high=100,
    )
    no_repeat: int | None = knob(
        label=N_("no repeated n-gram"),
        help=N_("never write the same N characters in a row twice"),
        flag="--no-repeat",
        metavar="N",
        low=2,
        high=64,
        whole=True,
    )
    beam: int | None = knob(
        label=N_("beam width"),
        help=N_("beam search: of all ways on, keep the N most probable; it draws nothing"),
        flag="--beam",
        metavar="N",
        low=1,
        high=64,
        whole=True,
    )

    def __post_init__(self) -> None:
        for name, declared in KNOBS.items():
            value = getattr(self, name)
            if value is not None:
                declared.check(value)
        if self.beam is not None and any(getattr(self, name) is not None for name in _DRAWING):
            flags = ", ".join(KNOBS[name].flag for name in _DRAWING)
            raise DecodingError(_("Beam search draws nothing: give --beam without {flags}.").format(flags=flags))

    @property
    def draws(self) -> bool:
        """Whether chance decides."""
        return self.temperature != 0 and any(getattr(self, name) is not None for name in _DRAWING)

    def drawing(self) -> Decoding:
        """The same, but chance decides: at temperature 1 if none is set, unless it is beam search."""
        if self.draws or self.temperature is not None or self.beam is not None:
            return self
        return Decoding(**{name: getattr(self, name) for name in KNOBS} | {"temperature": 1.0})


KNOBS: dict[str, Knob] = {each.name: each.metadata["knob"] for each in fields(Decoding)}
"""Every knob by its field's name."""

_DRAWING = ("temperature", "top_k", "top_p", "min_p")

GREEDY = Decoding()


def from_values(values: Mapping[str, Any]) -> Decoding:
    """The options that are among some values by name; the rest is off."""
    return Decoding(**{name: values[name] for name in KNOBS if values.get(name) is not None})
