"""The argument parser, whose complaints name foreign arguments safely."""

from __future__ import annotations

import argparse
from typing import NoReturn

from lyricterm.core.sanitize import one_line


class Parser(argparse.ArgumentParser):
    """argparse's parser; sub-commands' parsers are of the same class."""

    def error(self, message: str) -> NoReturn:
        """Usage and what is wrong on stderr, exit code 2."""
        super().error(one_line(message))
