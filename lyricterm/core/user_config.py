"""The person's own defaults: ``config.toml``. What is wrong in it is named with its line; the rest applies."""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lyricterm.core import toml
from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import LANGUAGES, _
from lyricterm.core.paths import CORPORA, config_file
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import (
    DEFAULTS,
    MAX_PREFIX_CHARS,
    MAX_PREFIXES,
    SETTINGS,
    Recipe,
    Value,
    allowed,
    check,
    show,
)

THEMES = ("dark", "light")
MAX_BYTES = 1 << 20
"""A larger file is none of a person's making."""
MAX_PROBLEMS = 100
"""After so many the rest of the file is not read."""
MIN_AUTOSAVE, MAX_AUTOSAVE = 0.1, 86_400.0
"""Seconds."""
MIN_BUDGET, MAX_BUDGET = 1_000_000, 10**15
"""Bytes."""

_SHOWN = 60
"""Characters of foreign text in one sentence."""
_MAX_KEYS = 200
"""Characters of the keys of one action."""
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([kKMGT]?)(i?)B", re.ASCII)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_FLAGS = {declared.flag.removeprefix("--"): name for name, declared in SETTINGS.items()}


@dataclass(frozen=True)
class Config:
    """What a person has set. Without a file, the program's defaults."""

    recipe: Recipe = field(default_factory=Recipe)
    """The defaults of every experiment."""
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
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line in which each binding id of ``keys`` stands."""

    def key_problem(self, name: str, sentence: str) -> str:
        """A sentence about the keys of a binding id, with file and line."""
        return _located(self.path or config_file(), self.lines.get(name, 0), sentence)


DEFAULT = Config()
"""What holds where there is no file."""


class _UnusableError(ValueError):
    """A value that cannot be used; says in words what could be."""


def read(path: Path | None = None) -> Config:
    """Read the configuration; a file that is not there gives the defaults. Raises nothing."""
    path = path or config_file()
    text, sentence = _text(path)
    if text is None:
        return Config(path=path, problems=(sentence,) if sentence else ())
    draft = _Draft(path)
    draft.take(text)
    return draft.config()


def _text(path: Path) -> tuple[str | None, str]:
    """What the file holds, or the sentence that says why it cannot be read; neither if it is not there."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return None, _("{file} is not a file; the defaults are used.").format(file=_shown_path(path))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sentence = _("{file} cannot be read ({reason}); the defaults are used.")
        return None, sentence.format(file=_shown_path(path), reason=one_line(reason))
    if len(content) > MAX_BYTES:
        sentence = _("{file} is larger than {most} bytes; the defaults are used.")
        return None, sentence.format(file=_shown_path(path), most=f"{MAX_BYTES:,}")
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        # With a byte order mark, error.start does not count it; that moves no line.
        line = content[: error.start].count(b"\n") + 1
        return None, _located(path, line, _("The file is not UTF-8; the defaults are used."))


class _Draft:
    """A configuration while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table: toml.Path | None = ()
        self._opened: dict[str, int] = {}
        self._counts: dict[toml.Path, int] = {}
        self._top: dict[str, Any] = {}
        self._recipe: dict[str, Value] = {}
        self._keys: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._problems: list[str] = []

    def take(self, text: str) -> None:
        """Take in every statement, until there are too many problems."""
        for statement in toml.statements(text):
            if len(self._problems) >= MAX_PROBLEMS:
                sentence = _("There are more problems than {most}; the file is not read from here on.")
                self._tell(statement.line, sentence.format(most=MAX_PROBLEMS))
                return
            match statement:
                case toml.Header():
                    self._open(statement)
                case toml.Broken():
                    self._break(statement)
                case toml.Entry():
                    self._set(statement)

    def config(self) -> Config:
        """What has been read."""
        return Config(
            recipe=Recipe().with_values(self._recipe),
            keys=self._keys,
            lines=self._lines,
            problems=tuple(self._problems),
            path=self._path,
            **self._top,
        )

    def _tell(self, line: int, sentence: str) -> None:
        self._problems.append(_located(self._path, line, sentence))

    def _open(self, header: toml.Header) -> None:
        name = ".".join(header.path)
        self._table = header.path if header.path in (("recipe",), ("keys",)) else None
        if self._table is None:
            sentence = _("There is no table [{name}], only [recipe] and [keys]; what stands under it is not used.")
            self._tell(header.line, sentence.format(name=_cut(name)))
        elif header.array:
            self._tell(header.line, _("Write [{name}] with one pair of brackets.").format(name=name))
        elif name in self._opened:
            sentence = _("[{name}] begins again; write all of it together, under line {first}.")
            self._tell(header.line, sentence.format(name=name, first=self._opened[name]))
        self._opened.setdefault(name, header.line)

    def _break(self, broken: toml.Broken) -> None:
        if broken.text.startswith("["):
            name = broken.text.strip("[]").split("#")[0].strip("[] \t").lower()
            # What was meant is plain enough to place what stands under it.
            self._table = (name,) if name in ("recipe", "keys") else None
            if self._table is None:
                sentence = _("{text} is no table; there are [recipe] and [keys]. What stands under it is not used.")
            else:
                sentence = _("{text} is not TOML; a table begins with its name in brackets, alone on its line.")
        elif broken.key:
            sentence = _("{text}: the value is not TOML; texts stand in quotes, and what is opened must be closed.")
        else:
            sentence = _("{text} is not TOML; write key = value, or [table].")
        self._tell(broken.line, sentence.format(text=_cut(broken.key or broken.text)))

    def _set(self, entry: toml.Entry) -> None:
        if self._table is None:
            return
        match (*self._table, *entry.path):
            case ("keys", *rest) if rest:
                # Without quotes around it, studio.go is read as tables in tables.
                self._set_keys(entry, ".".join(rest))
            case ("recipe", *rest) if rest:
                self._set_recipe(entry, ".".join(rest))
            case rest:
                self._set_top(entry, ".".join(rest))

    def _set_keys(self, entry: toml.Entry, name: str) -> None:
        if self._misplaced(entry, name, "keys") or self._repeated(entry, ("keys", name), name):
            return
        if not isinstance(entry.value, str) or len(entry.value) > _MAX_KEYS:
            wanted = _("a text: a key, or several with commas between them")
            self._refuse(entry, name, wanted)
            return
        self._keys[name] = entry.value
        self._counts["keys", name] = self._lines[name] = entry.line

    def _set_recipe(self, entry: toml.Entry, written: str) -> None:
        name = written.replace("-", "_")
        if name not in SETTINGS:
            if not self._misplaced(entry, written, "recipe"):
                self._unknown(entry.line, written, SETTINGS, _FLAGS.get(written.replace("_", "-")))
            return
        if self._repeated(entry, ("recipe", name), written):
            return
        try:
            self._recipe[name] = _setting(name, entry.value, self._path.parent)
            self._counts["recipe", name] = entry.line
        except _UnusableError as wrong:
            self._refuse(entry, written, str(wrong))

    def _set_top(self, entry: toml.Entry, written: str) -> None:
        if written in ("recipe", "keys"):
            if entry.value != {}:
                self._refuse(entry, written, _("a table"))
            return
        if written not in _TOP:
            if not self._misplaced(entry, written, ""):
                self._unknown(entry.line, written, _TOP, None)
            return
        if self._repeated(entry, (written,), written):
            return
        try:
            self._top[written] = _TOP[written](entry.value)
            self._counts[(written,)] = entry.line
        except _UnusableError as wrong:
            self._refuse(entry, written, str(wrong))

    def _misplaced(self, entry: toml.Entry, written: str, table: str) -> bool:
        """Whether the key is one of another table; says where it belongs."""
        homes = {"": written in _TOP, "recipe": written.replace("-", "_") in SETTINGS}
        home = next((name for name, fits in homes.items() if fits and name != table), None)
        if home is None:
            return False
        if home:
            sentence = _("{key} belongs under [{table}].").format(key=_cut(written), table=home)
        else:
            sentence = _("{key} belongs at the top of the file, above the first table.").format(key=_cut(written))
        self._tell(entry.line, sentence)
        return True

    def _repeated(self, entry: toml.Entry, path: toml.Path, written: str) -> bool:
        """Whether this has a value already; the first that could be used counts."""
        if path not in self._counts:
            return False
        sentence = _("{key} is there twice; line {first} counts.")
        self._tell(entry.line, sentence.format(key=_cut(written), first=self._counts[path]))
        return True

    def _unknown(self, line: int, written: str, names: Iterable[str], guess: str | None) -> None:
        guess = guess or closest(written.replace("-", "_"), names)
        if guess:
            sentence = _("There is no setting called {key}; did you mean {guess}?")
            self._tell(line, sentence.format(key=_cut(written), guess=guess))
        else:
            sentence = _("There is no setting called {key}; there are {names}.")
            self._tell(line, sentence.format(key=_cut(written), names=", ".join(names)))

    def _refuse(self, entry: toml.Entry, written: str, wanted: str) -> None:
        sentence = _("{key} must be {wanted}, not {value}.")
        self._tell(entry.line, sentence.format(key=_cut(written), wanted=wanted, value=_shown(entry.value)))


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that somebody probably meant, if there is one."""
    import difflib  # only for what is wrong

    return next(iter(difflib.get_close_matches(name[:_SHOWN], list(names), 1)), None)


def _setting(name: str, value: Any, folder: Path) -> Value:
    """One value of the recipe, as the recipe has it."""
    if isinstance(value, list):
        value = tuple(value)
    if SETTINGS[name].auto and type(value) in (int, float) and 0 <= value < 10**9:
        value = show(value)
    try:
        check(name, value)
    except RecipeError as error:
        raise _UnusableError(_wanted(name)) from error
    if name == "corpus" and value not in CORPORA:
        return _corpus(value, folder)
    return float(value) if isinstance(DEFAULTS[name], float) else value


def _wanted(name: str) -> str:
    if isinstance(DEFAULTS[name], bool):
        return _("true or false")
    if isinstance(DEFAULTS[name], tuple):
        sentence = _("a list of at most {count} texts of 1 to {chars} characters each")
        return sentence.format(count=MAX_PREFIXES, chars=f"{MAX_PREFIX_CHARS:,}")
    return allowed(name)


def _corpus(value: str, folder: Path) -> str:
    """A path counts from the folder of the configuration, wherever the program is started."""
    try:
        return str(folder / Path(value).expanduser())
    except RuntimeError as error:
        # The home of nobody.
        raise _UnusableError(_wanted("corpus")) from error


def _one_of(choices: Iterable[str]) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _UnusableError(_("one of {choices}").format(choices=", ".join(choices)))
        return value

    return take


def _autosave(value: Any) -> float:
    if type(value) not in (int, float) or not MIN_AUTOSAVE <= value <= MAX_AUTOSAVE:
        sentence = _("a number of seconds from {low} to {high}")
        raise _UnusableError(sentence.format(low=f"{MIN_AUTOSAVE:g}", high=f"{MAX_AUTOSAVE:,.0f}"))
    return float(value)


def _budget(value: Any) -> int:
    number = _bytes(value) if isinstance(value, str) else value
    if type(number) not in (int, float) or not MIN_BUDGET <= number <= MAX_BUDGET:
        sentence = _('a size from 1 MB to 1,000 TB, such as "2 GB", or a number of bytes')
        raise _UnusableError(sentence)
    return int(number)


def _bytes(text: str) -> float:
    size = _SIZE.fullmatch(text.strip())
    if size is None:
        return math.nan
    base = 1024 if size[3] else 1000
    return float(size[1]) * float(base ** _POWERS[size[2].upper()])


_TOP: dict[str, Callable[[Any], Any]] = {
    "theme": _one_of(THEMES),
    "language": _one_of(LANGUAGES),
    "autosave": _autosave,
    "budget": _budget,
}


def _located(path: Path, line: int, sentence: str) -> str:
    located = _("{file}, line {line}: {sentence}")
    return located.format(file=_shown_path(path), line=line, sentence=sentence)


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
        return _cut(repr(value))
    except (ValueError, RecursionError):
        # A number of thousands of digits, or lists in lists in lists.
        return type(value).__name__
