"""``python -m lyricterm`` is ``lyricterm``."""

import sys

from lyricterm.cli import main

if __name__ == "__main__":
    sys.exit(main())
