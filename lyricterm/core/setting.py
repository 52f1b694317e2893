"""How one setting is declared: its name, bounds, help, and how soon a change of it reaches the running model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Value = str | int | float | bool | tuple[str, ...]


AUTO = "auto"
OFF = "off"


class Applies(Enum):
    """When a change of a setting takes effect."""

    AT_ONCE = "now"
    """At once: it concerns what is shown or written, not how the model learns."""
    NEXT_MINIBATCH = "minibatch"
    """At the next minibatch of the running model."""
    NEXT_EPOCH = "epoch"
    """At the next epoch of the running model."""
    NEW_RUN = "cold"
    """Only in a new run."""


@dataclass(frozen=True)
class Setting:
    """How one field of the recipe is called, bounded and explained (label and help are source text)."""

    label: str
    help: str
    applies: Applies
    flag: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    """An exclusive lower bound."""
    word: str = ""
    """A number as text, or this word (``auto`` or ``off``)."""
    whole: bool = True
    """Such a number must be whole."""
    unlimited: str = ""
    """A word that stands for the highest number."""
    regex: bool = False
    """Texts that are regular expressions."""
    default: Value = ""
    name: str = ""
    """Of its field in the recipe, which is its name on disk."""
    earlier: Value | None = None
    """What held before there was this setting, where that is not its default: a recipe without it means this."""


def setting(default: Value, **declaration: Any) -> Any:
    """A dataclass field that carries its ``Setting``."""
    return field(default=default, metadata={"setting": Setting(default=default, **declaration)})
