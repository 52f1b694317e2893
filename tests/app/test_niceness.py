"""Who gives way to whom while the lab trains."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.settings import Recipe
from lyricterm.training.session import Session


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness of their own")
def test_the_training_gives_way_and_the_screen_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    found: list[int] = []

    def look(_session: Session) -> None:
        # A thread that the training starts, as torch does, gives way with it.
        inner = threading.Thread(
            target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        )
        inner.start()
        inner.join()

    monkeypatch.setattr(Session, "run", look)
    lab = TrainerThread(Recipe(), lambda _event: None, paused=False)
    lab.start()
    assert lab.stop(30)
    assert found == [min(19, before + 10)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
