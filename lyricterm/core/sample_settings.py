"""The settings that say when and how lyrics are written while a model learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyricterm.core.course_settings import CourseSettings
from lyricterm.core.decoding import DRAWING, KNOBS, MAX_SEED, Decoding
from lyricterm.core.errors import DecodingError, RecipeError
from lyricterm.core.i18n import N_
from lyricterm.core.setting import OFF, Applies, Value, setting


def _knob(name: str) -> Any:
    """A knob of ``Decoding`` as a setting: its number as text, or off."""
    knob = KNOBS[name]
    return setting(
        OFF,
        label=knob.label,
        help=knob.help,
        applies=Applies.AT_ONCE,
        flag=knob.flag,
        metavar=f"{knob.metavar}|{OFF}",
        low=knob.low,
        high=knob.high,
        above=knob.above,
        word=OFF,
        whole=knob.whole,
    )


@dataclass(frozen=True)
class SampleSettings(CourseSettings):
    """The part of a recipe that decides which lyrics are written. The defaults are the chapter's: greedy."""

    pred_period: int = setting(
        50,
        label=N_("sample every"),
        help=N_("write lyrics for the prefixes every N epochs"),
        applies=Applies.AT_ONCE,
        flag="--pred-period",
        metavar="N",
        low=1,
        high=10_000_000,
    )
    pred_len: int = setting(
        50,
        label=N_("sample length"),
        help=N_("how many characters to write after each prefix"),
        applies=Applies.AT_ONCE,
        flag="--pred-len",
        metavar="N",
        low=1,
        high=10_000,
    )
    prefixes: tuple[str, ...] = setting(
        ("分开", "不分开"),
        label=N_("prefixes"),
        help=N_("a prefix to write lyrics for; repeat the flag for more"),
        applies=Applies.AT_ONCE,
        flag="--prefix",
        metavar="TEXT",
    )
    temperature: str = _knob("temperature")
    top_k: str = _knob("top_k")
    top_p: str = _knob("top_p")
    min_p: str = _knob("min_p")
    repetition_penalty: str = _knob("repetition_penalty")
    no_repeat: str = _knob("no_repeat")
    beam: str = _knob("beam")
    sample_count: int = setting(
        1,
        label=N_("samples per prefix"),
        help=N_("how many lyrics to write for each prefix; several are drawn at random"),
        applies=Applies.AT_ONCE,
        flag="--n",
        metavar="N",
        low=1,
        high=100,
    )
    sample_seed: int = setting(
        0,
        label=N_("sample seed"),
        help=N_("the random seed for drawing lyrics"),
        applies=Applies.AT_ONCE,
        flag="--sample-seed",
        metavar="N",
        low=0,
        high=MAX_SEED,
    )

    @property
    def decoding(self) -> Decoding:
        """How each character of the lyrics is chosen.

        Raises:
            DecodingError: if beam search is asked to draw.
        """
        texts = {name: getattr(self, name) for name in KNOBS}
        knobs = {name: KNOBS[name].read(text) for name, text in texts.items() if text != OFF}
        decoding = Decoding(**knobs)  # type: ignore[arg-type]
        return decoding.drawing() if self.sample_count > 1 else decoding

    def check_decoding(self) -> None:
        """Raise ``RecipeError`` if the knobs cannot be on together, or write fewer samples than are wanted."""
        try:
            self.decoding.check_count(self.sample_count)
        except DecodingError as error:
            raise RecipeError("beam", str(error)) from error


SAMPLE_SETTINGS = tuple(name for name in SampleSettings.__annotations__ if name in SampleSettings.__dataclass_fields__)
"""Their names."""


def switched_off(values: Mapping[str, Value]) -> dict[str, Value]:
    """What else a change of the knobs switches off: beam search draws nothing."""
    on = {name for name in KNOBS if values.get(name, OFF) != OFF}
    gone = DRAWING if "beam" in on else ("beam",) if on & set(DRAWING) else ()
    return {name: OFF for name in gone if name not in values}
