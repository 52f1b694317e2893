"""An input that cannot hold what it cannot show."""

from __future__ import annotations

from lyricterm.app.textual_patches import CursorInput
from lyricterm.core.sanitize import one_line


class SafeInput(CursorInput):
    """What is typed, pasted or put in stands as it is shown: the cursor, the cells and the answer belong to that."""

    def validate_value(self, value: str) -> str:
        """Each character as it may be shown."""
        return one_line(value)
