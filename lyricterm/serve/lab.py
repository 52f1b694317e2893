"""One visitor's lab: a process of its own, fed by the browser and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from lyricterm.core.log import logger
from lyricterm.core.visitor import Visitor, told

POLITE = 5.0
"""Seconds that a lab has to save its run when its browser has gone."""
FIRM = 2.0
"""Seconds between SIGTERM and SIGKILL."""
_START = b"__GANGLION__\n"
"""With this line Textual's driver says that what follows are packets."""
_MOST_PACKET = 1 << 24
_MOST_COLUMNS, _MOST_ROWS = 500, 200
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "PYTHONPATH")
"""What a lab is told of the server's environment."""

Send = Callable[[Any], Awaitable[None]]


class Lab(AppService):
    """textual-serve's service, without a shell, in the visitor's folder, and ended for certain."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        guest: Visitor,
        cpus: Sequence[int],
        downloads: DownloadManager,
        *,
        write_bytes: Send,
        write_str: Send,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        """Set up; ``start`` starts the process.

        Args:
            arguments: of the lab's command line.
            folder: the visitor's own, which is there.
            guest: what the visitor may read.
            cpus: where the lab computes.
            downloads: hands files to the browser.
        """
        super().__init__("", write_bytes=write_bytes, write_str=write_str, close=close, download_manager=downloads)
        self._arguments, self._folder, self._guest, self._cpus = tuple(arguments), folder, guest, tuple(cpus)

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        textual = super()._build_environment(width, height)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        threads = str(len(self._cpus))
        return (
            kept
            | {name: value for name, value in textual.items() if name.startswith(("TEXTUAL_", "TERM_PROGRAM"))}
            | {"COLUMNS": str(width), "ROWS": str(height), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
            | home(self._folder)
            | told(self._guest)
        )

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        width, height = within(width, _MOST_COLUMNS), within(height, _MOST_ROWS)
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "lyricterm", *self._arguments,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=self._folder,
            env=self._build_environment(width, height), start_new_session=True,
        )  # fmt: skip
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setaffinity(process.pid, self._cpus)
        self._stdin = process.stdin
        return process

    async def on_meta(self, data: bytes) -> None:
        """Pass on what the page is to know; textual-serve knows what to do with the rest."""
        match json.loads(data):
            case {"type": "background", "colour": str(colour)}:
                await self.remote_write_str(json.dumps(["background", colour]))
            case _:
                await super().on_meta(data)

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Tell the lab about the browser's size, within reason."""
        await super().set_terminal_size(within(width, _MOST_COLUMNS), within(height, _MOST_ROWS))

    async def run(self) -> None:
        """Pass on what the lab writes, until it ends."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        try:
            while await process.stdout.readline() not in (_START, b""):
                continue
            await self._pass_on(process.stdout)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            # The lab has ended, or the browser has gone.
            return

    async def _pass_on(self, stdout: asyncio.StreamReader) -> None:
        hear = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        while True:
            kind = await stdout.readexactly(1)
            size = int.from_bytes(await stdout.readexactly(4), "big")
            if kind not in hear or size > _MOST_PACKET:
                logger().error("a lab sent a packet that is none: %r, %d bytes", kind, size)
                return
            await hear[kind](await stdout.readexactly(size))

    async def stop(self) -> None:
        """End the lab: ask, then insist. It is gone when this returns."""
        process, task = self._process, self._task
        self._task = None
        if process is None:
            return
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        await self.send_meta({"type": "quit"})
        for end, patience in ((self._hang_up, POLITE), (process.terminate, FIRM), (process.kill, FIRM)):
            with contextlib.suppress(ProcessLookupError):
                end()
            with contextlib.suppress(TimeoutError):
                # What it still writes must be read, or it would never end.
                await asyncio.wait_for(asyncio.gather(process.wait(), _read_out(process)), patience)
                break

    def _hang_up(self) -> None:
        """Nothing more will be typed; the lab ends by this alone, should it not have heard the request."""
        self.stdin.close()


def home(folder: Path) -> dict[str, str]:
    """The environment in which everything that a program keeps for a person lies in one folder."""
    xdg = {f"XDG_{kind.upper()}_HOME": str(folder / kind) for kind in ("data", "config", "cache", "state")}
    return {"HOME": str(folder), "TMPDIR": str(folder), **xdg}


def within(wanted: Any, most: int) -> int:
    """A size that a browser asks for, brought to what a screen can have."""
    return max(1, min(most, wanted)) if isinstance(wanted, int) else most // 4


async def _read_out(process: Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        continue
