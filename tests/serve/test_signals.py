"""How a server ends, whatever signals come and however many."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from itertools import cycle

import pytest

pytest.importorskip("textual_serve")


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([signal.SIGHUP], id="lost line"),
        pytest.param([signal.SIGINT], id="Ctrl+C"),
        pytest.param([signal.SIGTERM], id="request to end"),
        pytest.param([signal.SIGHUP, signal.SIGTERM, signal.SIGINT], id="all"),
    ],
)
def test_signals_that_do_not_stop_coming_change_nothing(signals: list[signal.Signals]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "lyricterm", "serve", "--port=0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as served:  # fmt: skip
        assert served.stdout is not None
        assert served.stderr is not None
        assert served.stdout.readline().startswith("http://")
        deadline = time.monotonic() + 60
        for name in cycle(signals):
            if served.poll() is not None or time.monotonic() > deadline:
                break
            served.send_signal(name)
            time.sleep(0.001)
        served.kill()
        assert "Traceback" not in served.stderr.read()
    assert served.returncode == 130
