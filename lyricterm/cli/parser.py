"""The argument parser, whose complaints name foreign arguments safely."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.user_config import closest


class Parser(argparse.ArgumentParser):
    """argparse's parser; sub-commands' parsers are of the same class."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Argparse's check, with a guess at what was meant."""
        if action.choices is not None and value not in action.choices:
            guess = closest(str(value), map(str, action.choices))
            if guess:
                sentence = _("there is no {value}; did you mean {guess}?")
                raise argparse.ArgumentError(None, sentence.format(value=str(value)[:60], guess=guess))
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Usage and what is wrong on stderr, exit code 2."""
        super().error(one_line(message))
