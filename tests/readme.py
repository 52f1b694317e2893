"""README's generated tables: ``python -m tests.readme`` writes them anew from the code."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from lyricterm.app.actions import Action, Keys, Place
from lyricterm.app.app import LyrictermApp
from lyricterm.app.key_names import spelt
from lyricterm.app.owners import OWNERS
from lyricterm.app.screens.studio import StudioScreen

README = Path(__file__).parents[1] / "README.md"
PLACES: tuple[type[Place], ...] = (LyrictermApp, *OWNERS)
ACTIONS = tuple(action for place in PLACES for action in place.ACTIONS if action.keys)
"""Everything that has a key."""
_IN_THE_LAB = (*StudioScreen.ACTIONS, *LyrictermApp.ACTIONS)


def rows(actions: Iterable[Action]) -> Iterator[str]:
    """A table of what these actions do, by which keys, and how a keymap calls them."""
    yield "| Key | What it does | Action |"
    yield "| --- | --- | --- |"
    for action in actions:
        if action.keys:
            keys = " ".join(f"`{spelt(key)}`" for key in Keys().of(action))
            yield f"| {keys} | {action.help} | `{action.id}` |"


TABLES: Mapping[str, Callable[[], Iterable[str]]] = {
    "keys in the lab": lambda: rows(_IN_THE_LAB),
    "all other keys": lambda: rows(action for action in ACTIONS if action not in _IN_THE_LAB),
}
"""By the name in README's comments around each."""


def written(text: str) -> str:
    """README with every table as the code has it now.

    Raises:
        ValueError: if README has no place for a table.
    """
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: python -m tests.readme -->\n", "<!-- end -->"
        found = re.search(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
        if found is None:
            raise ValueError(f"README has no line {begin!r}")
        filled = "\n".join(table())
        # Not by the pattern's own replacement: a table may hold backslashes.
        text = "".join([text[: found.start()], begin, filled, "\n", end, text[found.end() :]])
    return text


def main() -> int:
    """Write README; 0, always."""
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
