"""What the watcher asks of the session: frozen commands, obeyed between two minibatches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.run_data import Values
from lyricterm.core.settings import Recipe

if TYPE_CHECKING:
    from lyricterm.core.inspection import Question


@dataclass(frozen=True)
class Change:
    """Change hot settings of the running model; each takes effect when its ``Applies`` says."""

    values: Values


@dataclass(frozen=True)
class Pause:
    """Stop after the minibatch under way."""


@dataclass(frozen=True)
class Resume:
    """Go on."""


@dataclass(frozen=True)
class StepOnce:
    """Train one minibatch, then pause."""


@dataclass(frozen=True)
class Restart:
    """Begin a new run with this recipe."""

    recipe: Recipe


@dataclass(frozen=True)
class Open:
    """Go on with a run that was kept on disk; the current run is closed."""

    name: str


@dataclass(frozen=True)
class Complete:
    """Go on with ``typed`` for ``length`` characters. A newer request replaces an older one."""

    request: int
    typed: str
    length: int
    decoding: Decoding = GREEDY
    seed: int = 0
    count: int = 1
    """How many completions to choose from, drawn with ``seed``, ``seed`` + 1, …"""


@dataclass(frozen=True)
class Inspect:
    """Look inside the model between two minibatches. A newer request replaces an older one."""

    request: int
    question: Question


@dataclass(frozen=True)
class StopReading:
    """Give up reading the text of a new run; the run before it goes on."""


@dataclass(frozen=True)
class Quit:
    """Keep the run as it stands, and end."""


Command = Change | Pause | Resume | StepOnce | Restart | Open | Complete | Inspect | StopReading | Quit
