"""Every test has its own clean home, a known terminal and locale, and signals that do what they do in a terminal."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What is set up for a whole module or session has a home of its own, too.
_SHARED_HOME = tempfile.TemporaryDirectory(prefix="lyricterm-tests-")
os.environ["HOME"] = _SHARED_HOME.name
for _name in ("DATA", "CONFIG", "CACHE", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = str(Path(_SHARED_HOME.name) / _name.lower())

# Several tests run at once, each with as many threads as there are cores: who waits must not spin.
os.environ.setdefault("GOMP_SPINCOUNT", "500")

# Before anything imports torch: it sets what torch reads when it is loaded.
import lyricterm.engine  # noqa: E402, F401

# A busy machine is no failure, and the same code gives the same result.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

# Under nohup, or in the background of a script, these are ignored, and so they would be in what tests start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogue once, before any worker of xdist starts."""
    from tests.messages import MO, PO, compile_catalogue

    if not hasattr(config, "workerinput") and (not MO.exists() or MO.stat().st_mtime < PO.stat().st_mtime):
        compile_catalogue()


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: what was found out about the machine holds for all."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def clean_home(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOME with empty XDG folders, no locale, a plain colour terminal."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_folder))
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    return home


@pytest.fixture(autouse=True)
def tests_read_english() -> None:
    """Tests read English unless they ask for another language."""
    from lyricterm.core.i18n import translator

    translator.use("en")
