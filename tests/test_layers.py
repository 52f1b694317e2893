"""Which modules an import brings in, seen in a clean interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import lyricterm

ROOT = Path(lyricterm.__file__).parents[1]
ENGINE = sorted(f"lyricterm.engine.{path.stem}" for path in (ROOT / "lyricterm" / "engine").glob("[!_]*.py"))
CORE = sorted(path.stem for path in (ROOT / "lyricterm" / "core").glob("[!_]*.py"))

_PROBE = """
import json, sys
before = set(sys.modules)
exec(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def _brought_in(code: str) -> set[str]:
    """The modules that the code imports, by their full names."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def _packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_the_core_stands_on_the_standard_library_and_platformdirs() -> None:
    assert "settings" in CORE
    brought_in = _brought_in("import " + ", ".join(f"lyricterm.core.{name}" for name in CORE))
    assert _packages(brought_in) - {"lyricterm", "platformdirs"} <= set(sys.stdlib_module_names)
    own = {module for module in brought_in if module.startswith("lyricterm.")}
    assert own == {"lyricterm.core", *(f"lyricterm.core.{name}" for name in CORE)}


@pytest.mark.parametrize("room", ["plotting", "storage"])
def test_plotting_and_storage_stand_on_the_core(room: str) -> None:
    modules = sorted(path.stem for path in (ROOT / "lyricterm" / room).glob("[!_]*.py"))
    brought_in = _brought_in("import " + ", ".join(f"lyricterm.{room}.{name}" for name in modules))
    own = {module.split(".")[1] for module in brought_in if module.startswith("lyricterm.")}
    assert own <= {room, "core"}
    assert not _packages(brought_in) & {"torch", "numpy", "safetensors", "textual"}


@pytest.mark.parametrize("module", ["lyricterm.training.session", "lyricterm.app.app", "lyricterm.cli"])
def test_nothing_that_a_first_frame_waits_for_imports_torch(module: str) -> None:
    brought_in = _brought_in(f"import {module}")
    assert not _packages(brought_in) & {"torch", "numpy", "safetensors"}


def test_the_session_and_the_command_line_bring_in_no_screen() -> None:
    brought_in = _brought_in("import lyricterm.training.session")
    assert not _packages(brought_in) & {"textual", "rich"}
    assert not {module for module in brought_in if module.startswith(("lyricterm.app", "lyricterm.cli"))}
    assert "textual" not in _packages(_brought_in("import lyricterm.cli, lyricterm.cli.train"))


def test_the_app_does_not_bring_in_the_engine() -> None:
    brought_in = _brought_in("import lyricterm.app.app")
    assert not {module for module in brought_in if module.startswith(("lyricterm.engine", "lyricterm.cli"))}


def test_the_engine_brings_in_no_screen() -> None:
    assert "lyricterm.engine.trainer" in ENGINE
    brought_in = _brought_in("import " + ", ".join(ENGINE))
    assert set(ENGINE) <= brought_in
    assert not _packages(brought_in) & {"textual", "rich"}
    assert not {module for module in brought_in if module.startswith(("lyricterm.app", "lyricterm.cli"))}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["corpus"], ["runs"]], ids=" ".join)
def test_short_commands_wait_for_neither_torch_nor_textual(arguments: list[str]) -> None:
    code = "import contextlib, io\nfrom lyricterm.cli import main\n"
    code += "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
    code += f"    main({arguments!r})\n"
    brought_in = _brought_in(code)
    assert "lyricterm.cli" in brought_in
    assert not _packages(brought_in) & {"torch", "textual"}
