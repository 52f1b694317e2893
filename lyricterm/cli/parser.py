"""The argument parser: its complaints are one sentence, guess what was meant, and name foreign arguments safely."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line, quoted
from lyricterm.core.settings import SETTINGS
from lyricterm.core.user_config import closest

_SHOWN = 60


class _AsTyped(str):
    """Argparse's sentences quote a value as Python would write it; this one stands as it was typed."""

    def __repr__(self) -> str:
        return quoted(self, _SHOWN)


class Parser(argparse.ArgumentParser):
    """argparse's parser; sub-commands' parsers are of the same class."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]
        """Argparse's, which would take what follows an unknown flag for a command, or leave it to be told later."""
        flag = next((flag for flag in self._flags(args or ()) if flag not in self._option_string_actions), None)
        if flag is not None:
            self.error(_no_flag(flag, self._option_string_actions))
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(_("unrecognized arguments: %s") % " ".join(rest))
        return known, rest

    def _flags(self, args: Sequence[str]) -> list[str]:
        """The long flags among the arguments before a sub-command's name, without their values."""
        flags = []
        for argument in () if self._takes_anything() else args:
            if argument == "--" or self._is_command(argument):
                break
            if argument.startswith("--") and " " not in argument:
                flags.append(argument.partition("=")[0])
        return flags

    def _takes_anything(self) -> bool:
        return any(action.nargs == argparse.REMAINDER for action in self._actions)

    def _is_command(self, argument: str) -> bool:
        commands = (action for action in self._actions if action.nargs == argparse.PARSER)
        return any(argument in (action.choices or ()) for action in commands)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Argparse's check, with a guess at what was meant."""
        if action.choices is not None and value not in action.choices:
            guess = closest(str(value), map(str, action.choices))
            if guess:
                raise argparse.ArgumentError(action if action.option_strings else None, _not_but(str(value), guess))
        super()._check_value(action, _AsTyped(value) if isinstance(value, str) else value)

    def error(self, message: str) -> NoReturn:
        """What is wrong, and where to read what can be given, on stderr; exit code 2."""
        sentence = _("{problem} (see {command} --help)").format(problem=one_line(message), command=self.prog)
        self.exit(2, f"lyricterm: {sentence}\n")


def _no_flag(flag: str, flags: Collection[str]) -> str:
    """A setting's name is taken for its flag."""
    setting = SETTINGS.get(flag.strip("-").replace("-", "_"))
    guess = setting.flag if setting is not None and setting.flag in flags else closest(flag, flags)
    return _not_but(flag, guess) if guess else _("there is no {value}").format(value=flag[:_SHOWN])


def _not_but(value: str, guess: str) -> str:
    return _("there is no {value}; did you mean {guess}?").format(value=value[:_SHOWN], guess=guess)
