"""The log file."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from lyricterm.core.log import _LogFile


def test_nobody_else_can_write_it_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "lyricterm.log"
    before = os.umask(0)
    try:
        handler = _LogFile(path, encoding="utf-8", delay=True)
        handler.emit(logging.makeLogRecord({"msg": "分开"}))
        handler.close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text(encoding="utf-8") == "分开\n"
