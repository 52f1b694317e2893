"""The command ``lyricterm``, and ``python -m lyricterm``."""

import sys

from lyricterm.core.interrupts import ends_in_silence


def main() -> int:
    """Run one command and return its exit code, also where Ctrl+C comes before the command line is imported."""
    with ends_in_silence():
        try:
            from lyricterm.cli import main as command

            return command()
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
