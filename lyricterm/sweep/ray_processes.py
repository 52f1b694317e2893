"""The processes that Ray begins on this machine: they outlive signals to the sweep's group, but never the sweep."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GUARD = """
while read -r group; do groups="$groups $group"; done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
rm -rf -- "$1"
"""
"""Ends with this process, however that ends, and with it whatever it was told of."""


class RayProcesses:
    """What is begun while ``gathered`` is open, and a folder for its files."""

    def __init__(self) -> None:
        # Sockets in it need a short path.
        self.folder = tempfile.mkdtemp(prefix="lt-", dir="/tmp" if Path("/tmp").is_dir() else None)
        self._begun: list[subprocess.Popen[bytes]] = []
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", self.folder], stdin=subprocess.PIPE, process_group=0
        )

    @contextlib.contextmanager
    def gathered(self) -> Iterator[None]:
        """Processes begun meanwhile hear no signal to this one's group: it ends its runs first, and needs them."""
        before = subprocess.Popen.__init__

        def begin(process: subprocess.Popen[bytes], *arguments: Any, **options: Any) -> None:
            before(process, *arguments, **{**options, "process_group": 0})
            # What stays has a class of Ray's own.
            if type(process) is not subprocess.Popen:
                self._take(process)

        subprocess.Popen.__init__ = begin  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            subprocess.Popen.__init__ = before  # type: ignore[method-assign]

    def _take(self, process: subprocess.Popen[bytes]) -> None:
        self._begun.append(process)
        assert self._guard.stdin is not None
        self._guard.stdin.write(b"%d\n" % process.pid)
        self._guard.stdin.flush()

    def end(self, ray: Any) -> None:
        """Nothing of what was begun is left, also if that was interrupted half-way."""
        groups = [process.pid for process in self._begun if process.poll() is None]
        ray.shutdown()
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._guard.kill()
        self._guard.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)
