"""A confined process reads what the lab needs and nothing else, and writes only at home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lyricterm.core.visitor import Visitor, told
from lyricterm.serve.lab import home

_PROBE = """
import json, os, subprocess, sys
from pathlib import Path
from lyricterm.core.settings import Recipe
from lyricterm.serve.confinement import confine

def tried(action):
    try:
        action()
        return "done"
    except OSError as error:
        return error.__class__.__name__

import socket
there = confine()
offered, secret, own, listening = sys.argv[1:]
print(json.dumps({
    "confined": there,
    "offered": tried(lambda: Path(offered).read_text()),
    "secret": tried(lambda: Path(secret).read_text()),
    "passwd": tried(lambda: Path("/etc/passwd").read_text()),
    "list": tried(lambda: list(Path(secret).parent.iterdir())),
    "write": tried(lambda: Path(secret + "-new").write_text("x")),
    "own": tried(lambda: Path(own).write_text("x") and Path(own).rename(own + "2")),
    "change": tried(lambda: Path(offered).write_text("x")),
    "shell": tried(lambda: subprocess.run(["/bin/sh", "-c", "true"])),
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", int(listening)))),
    "lyrics": tried(lambda: __import__("lyricterm.corpus.load").corpus.load.load(Recipe())),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
    "environment": tried(lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()),
}))
"""


@pytest.fixture
def outcome(tmp_path: Path) -> dict[str, object]:
    import socket

    own = tmp_path / "own"
    own.mkdir()
    offered, secret = tmp_path / "offered.txt", tmp_path / "elsewhere" / "secret.txt"
    secret.parent.mkdir()
    for path in (offered, secret):
        path.write_text("words")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE, offered, secret, own / "file", str(listening.getsockname()[1])],
            env=os.environ | home(own) | told(Visitor({"offered": str(offered)})),
            cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    if not found["confined"]:
        pytest.skip("this kernel has no Landlock")
    return found


def test_a_confined_process_can_do_what_a_lab_does_and_no_more(outcome: dict[str, object]) -> None:
    allowed = {name for name, result in outcome.items() if result == "done"}
    assert allowed == {"offered", "own", "lyrics"}
    refused = {result for name, result in outcome.items() if name not in allowed | {"confined"}}
    assert refused == {"PermissionError"}
