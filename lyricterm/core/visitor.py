"""A lab that somebody uses through a browser: which texts it may read, and which runs beside its own.

``lyricterm serve`` starts one process a visitor and says this in its environment; whoever reads a file that a person
names asks here first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lyricterm.core.i18n import _
from lyricterm.core.paths import CORPORA

VARIABLE = "LYRICTERM_VISITOR"
"""The environment variable that makes a process a visitor's."""


@dataclass(frozen=True)
class Visitor:
    """What the server lets a visitor read."""

    corpora: Mapping[str, str] = field(default_factory=dict)
    """Texts that the server offers beside the built-in ones: name to path."""
    shared_runs: str = ""
    """A folder of runs to look at and to go on from, but not to change; empty if there is none."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of all texts that a visitor may use."""
        return (*CORPORA, *self.corpora)

    def refusal(self, source: str) -> str:
        """The sentence that refuses a text, or nothing if it may be used."""
        # A shared run names its text by the path that it has on the server.
        if source in self.texts or source in self.corpora.values():
            return ""
        return _("In a browser, only this server's texts can be used: {names}.").format(names=", ".join(self.texts))

    def path(self, source: str) -> Path | None:
        """The file of a text that the server offers; None if it does not."""
        offered = self.corpora.get(source, source)
        return Path(offered) if offered in self.corpora.values() else None


def visitor(environment: Mapping[str, str] = os.environ) -> Visitor | None:
    """Whose lab this process is; None for a person at the machine itself. What cannot be read allows nothing."""
    text = environment.get(VARIABLE)
    if text is None:
        return None
    try:
        told = json.loads(text)
        corpora = {str(name): str(path) for name, path in told["corpora"].items()}
        return Visitor(corpora, str(told["shared_runs"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Visitor()


def told(who: Visitor) -> dict[str, str]:
    """The environment that makes a process this visitor's."""
    return {VARIABLE: json.dumps({"corpora": dict(who.corpora), "shared_runs": who.shared_runs})}
