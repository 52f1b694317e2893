"""README's generated tables: ``python -m tests.readme`` writes them anew from the code."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from lyricterm.app.actions import Action, ActionOwner, Keys
from lyricterm.app.app import LyrictermApp
from lyricterm.app.key_names import spelt
from lyricterm.app.owners import OWNERS
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.core.config_values import TOP
from lyricterm.core.metrics import METRICS
from lyricterm.core.settings import SETTINGS, Applies, show

README = Path(__file__).parents[1] / "README.md"
PLACES: tuple[type[ActionOwner], ...] = (LyrictermApp, *OWNERS)
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


_APPLIES = {
    Applies.AT_ONCE: "at once",
    Applies.NEXT_MINIBATCH: "next minibatch",
    Applies.NEXT_EPOCH: "next epoch",
    Applies.NEW_RUN: "new run",
}


def settings() -> Iterator[str]:
    """Every setting: its flag, its key under [recipe], what it is, its default, and when a change takes effect."""
    yield "| Flag | Under `[recipe]` | What it is | Default | A change applies |"
    yield "| --- | --- | --- | --- | --- |"
    for name, declared in SETTINGS.items():
        default = escaped(show(declared.default)) or "–"
        cells = (flag(name), f"`{name.replace('_', '-')}`", declared.help, default, _APPLIES[declared.applies])
        yield f"| {' | '.join(cells)} |"


def flag(name: str) -> str:
    """How a setting is written on the command line."""
    declared = SETTINGS[name]
    if name != "clipping" and isinstance(declared.default, bool):
        return f"`{declared.flag}`, `--no-{declared.flag.removeprefix('--')}`"
    value = escaped("|".join(declared.choices) or declared.metavar)
    return f"`{declared.flag} {value}`" if value else f"`{declared.flag}`"


def escaped(text: str) -> str:
    """A text that may stand in a cell."""
    return text.replace("|", r"\|")


def config_values() -> Iterator[str]:
    """What stands above the first table of config.toml."""
    yield "| Key | What it is | Default |"
    yield "| --- | --- | --- |"
    for name, value in TOP.items():
        yield f"| `{name}` | {value.help} | {value.default} |"


def metrics() -> Iterator[str]:
    """The figures of an epoch."""
    yield "| Name | What it is | Unit |"
    yield "| --- | --- | --- |"
    for each in METRICS.values():
        null = "; null where nothing is held out" if each.optional else ""
        yield f"| `{each.name}` | {each.help}{null} | {each.unit or '–'} |"


TABLES: Mapping[str, Callable[[], Iterable[str]]] = {
    "keys in the lab": lambda: rows(_IN_THE_LAB),
    "settings": settings,
    "figures of an epoch": metrics,
    "values of config.toml": config_values,
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
