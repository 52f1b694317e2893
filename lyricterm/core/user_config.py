"""The person's own defaults: ``config.toml``.

A value that is wrong is named by its table and key, and the rest applies. Of a file that is no TOML nothing can be
used; the sentence says in which line and column it stops being TOML.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lyricterm.core.config_values import TOP, UnusableError, setting_value
from lyricterm.core.i18n import _
from lyricterm.core.paths import config_file
from lyricterm.core.sanitize import one_line, quoted
from lyricterm.core.settings import SETTINGS, Recipe, Value

MAX_BYTES = 1 << 14
"""Everything that can be set takes a fifth; ``tomllib`` takes the square of a hostile file's length."""
MAX_PROBLEMS = 100
"""More are counted, not told."""

_SHOWN = 60
"""Characters of foreign text in one sentence."""
_MAX_KEYS = 200
"""Characters of the keys of one action."""
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")
_AT_END = "(at end of document)"
"""How ``tomllib`` ends its sentences."""
_FLAGS = {declared.flag.removeprefix("--"): name for name, declared in SETTINGS.items()}


@dataclass(frozen=True)
class Config:
    """What a person has set. Without a file, the program's defaults."""

    recipe: Recipe = field(default_factory=Recipe)
    """The defaults of every experiment."""
    configured: frozenset[str] = frozenset()
    """The settings of it that the file sets."""
    theme: str = "dark"
    language: str | None = None
    """A code of ``LANGUAGES``; None asks the locale."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id to keys, separated by commas; neither ids nor keys are checked here."""
    autosave: float = 10.0
    """Seconds between automatic saves."""
    budget: int = 2_000_000_000
    """Bytes that all checkpoints together may take."""
    problems: tuple[str, ...] = ()
    """What was wrong, one sentence each, in the language that was in use while the file was read."""
    path: Path | None = None
    """The file, whether it is there or not."""

    def key_problem(self, sentence: str) -> str:
        """A sentence about an entry under [keys], with the file."""
        return _in_file(self.path or config_file(), sentence)


DEFAULT = Config()
"""What holds where there is no file."""


def read(path: Path | None = None) -> Config:
    """Read the configuration; a file that is not there gives the defaults. Raises nothing."""
    path = path or config_file()
    table, sentence = _table(path)
    if table is None:
        return Config(path=path, problems=(_in_file(path, sentence),) if sentence else ())
    draft = _Draft(path)
    draft.take(table)
    return draft.config()


def _table(path: Path) -> tuple[dict[str, Any] | None, str]:
    """What the file says, or the sentence that says why it cannot be read; neither if it is not there."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None, _("this is not a file; the defaults are used.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, _("the file cannot be read ({reason}); the defaults are used.").format(reason=one_line(reason))
    if len(content) > MAX_BYTES:
        return None, _("the file is larger than {most} bytes; the defaults are used.").format(most=f"{MAX_BYTES:,}")
    import tomllib  # only if there is a file

    try:
        return tomllib.loads(content.decode("utf-8-sig")), ""
    except UnicodeDecodeError as error:
        # With a byte order mark, error.start does not count it; that moves no line.
        line = content[: error.start].count(b"\n") + 1
        return None, _("line {line} is not UTF-8; the defaults are used.").format(line=line)
    except tomllib.TOMLDecodeError as error:
        return None, _no_toml(str(error), content)
    except (ValueError, RecursionError):
        # Numbers of thousands of digits, and brackets in brackets in brackets.
        return None, _("the file holds a value that is too long or too deep; the defaults are used.")


def _no_toml(message: str, content: bytes) -> str:
    """Where the file stops being TOML. Python says it in the message."""
    found = _PLACE.search(message)
    lines = content.decode("utf-8-sig").split("\n")
    line, column = (int(found[1]), int(found[2])) if found else (len(lines), len(lines[-1]) + 1)
    reason = one_line(_PLACE.sub("", message).removesuffix(_AT_END).strip())[:_SHOWN]
    sentence = _("line {line}, column {column} is not TOML ({reason}); correct it. Until then the defaults are used.")
    return sentence.format(line=line, column=column, reason=reason)


class _Draft:
    """A configuration while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._top: dict[str, Any] = {}
        self._recipe: dict[str, Value] = {}
        self._keys: dict[str, str] = {}
        self._problems: list[str] = []

    def take(self, table: Mapping[str, Any]) -> None:
        """Take in every entry."""
        for name, value in table.items():
            if name in _TABLES and isinstance(value, dict):
                for written, inner in _flat(value):
                    _TABLES[name](self, written, inner)
            else:
                self._set_top(name, value)

    def config(self) -> Config:
        """What has been read."""
        problems = self._problems[:MAX_PROBLEMS]
        if len(self._problems) > MAX_PROBLEMS:
            sentence = _("there are {count} more problems.").format(count=len(self._problems) - MAX_PROBLEMS)
            problems.append(_in_file(self._path, sentence))
        return Config(
            recipe=Recipe().with_values(self._recipe),
            configured=frozenset(self._recipe),
            keys=self._keys,
            problems=tuple(problems),
            path=self._path,
            **self._top,
        )

    def _tell(self, sentence: str) -> None:
        self._problems.append(_in_file(self._path, sentence))

    def _set_keys(self, written: str, value: Any) -> None:
        if self._misplaced(written, "keys"):
            return
        if not isinstance(value, str) or len(value) > _MAX_KEYS:
            self._refuse(_under("keys", written), value, _("a text: a key, or several with commas between them"))
            return
        self._keys[written] = value

    def _set_recipe(self, written: str, value: Any) -> None:
        name = written.replace("-", "_")
        if name not in SETTINGS:
            if not self._misplaced(written, "recipe"):
                self._unknown(_under("recipe", written), written, SETTINGS, _FLAGS.get(written.replace("_", "-")))
        elif name in self._recipe:
            sentence = _("{key} is there twice, as {one} and {other}; the first counts.")
            other = name if written != name else name.replace("_", "-")
            self._tell(sentence.format(key=_under("recipe", name), one=other, other=written))
        else:
            try:
                self._recipe[name] = setting_value(name, value, self._path.parent)
            except UnusableError as wrong:
                self._refuse(_under("recipe", written), value, str(wrong))

    def _set_top(self, written: str, value: Any) -> None:
        if written in _TABLES:
            pair = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
            wanted = _("a table, written with one pair of brackets") if pair else _("a table")
            self._refuse(written, value, wanted)
        elif written in TOP:
            try:
                self._top[written] = TOP[written].read(value)
            except UnusableError as wrong:
                self._refuse(written, value, str(wrong))
        elif isinstance(value, dict):
            sentence = _("There is no table [{name}], only [recipe] and [keys]; what is in it is not used.")
            self._tell(sentence.format(name=_cut(written)))
        elif not self._misplaced(written, ""):
            self._unknown(_cut(written), written, TOP, None)

    def _misplaced(self, written: str, table: str) -> bool:
        """Whether the key is one of another table; says where it belongs."""
        homes = {"": written in TOP, "recipe": written.replace("-", "_") in SETTINGS}
        home = next((name for name, fits in homes.items() if fits and name != table), None)
        if home is None:
            return False
        if home:
            sentence = _("{key} belongs under [{table}].").format(key=_under(table, written), table=home)
        else:
            sentence = _("{key} belongs at the top of the file, above the first table.")
            sentence = sentence.format(key=_under(table, written))
        self._tell(sentence)
        return True

    def _unknown(self, key: str, written: str, names: Iterable[str], guess: str | None) -> None:
        guess = guess or closest(written.replace("-", "_"), names)
        if guess:
            sentence = _("There is no setting called {key}; did you mean {guess}?")
            self._tell(sentence.format(key=key, guess=guess))
        else:
            sentence = _("There is no setting called {key}; there are {names}.")
            self._tell(sentence.format(key=key, names=", ".join(names)))

    def _refuse(self, key: str, value: Any, wanted: str) -> None:
        sentence = _("{key} must be {wanted}, not {value}.")
        self._tell(sentence.format(key=key, wanted=wanted, value=_shown(value)))


_TABLES: dict[str, Callable[[_Draft, str, Any], None]] = {
    "recipe": _Draft._set_recipe,
    "keys": _Draft._set_keys,
}


def _flat(table: Mapping[str, Any], depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Keys with their values; without quotes around it, studio.go is read as a table in a table."""
    for name, value in table.items():
        if isinstance(value, dict) and value and depth > 1:
            for inner, deep in _flat(value, depth - 1):
                yield f"{name}.{inner}", deep
        else:
            yield name, value


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that somebody probably meant, if there is one."""
    import difflib  # only for what is wrong

    return next(iter(difflib.get_close_matches(name[:_SHOWN], list(names), 1)), None)


def _in_file(path: Path, sentence: str) -> str:
    return _("{file}: {sentence}").format(file=_shown_path(path), sentence=sentence)


def _under(table: str, key: str) -> str:
    """A key with the table it stands in."""
    return f"[{table}] {_cut(key)}" if table else _cut(key)


def _shown_path(path: Path) -> str:
    """The path, from the person's home."""
    try:
        return one_line(f"~/{path.relative_to(Path.home()).as_posix()}")
    except (ValueError, RuntimeError):
        return one_line(str(path))


def _cut(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _shown(value: Any) -> str:
    """A value as TOML has it, or nearly so."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return quoted(value, _SHOWN)
    except (ValueError, RecursionError):
        # A number of thousands of digits, or lists in lists in lists.
        return type(value).__name__
