"""Where things live: the assets that come with the program, and the person's own folders."""

from __future__ import annotations

from pathlib import Path

from platformdirs import PlatformDirs

_PACKAGE = Path(__file__).parents[1]
_DIRS = PlatformDirs("lyricterm", appauthor=False)

CORPORA: dict[str, str] = {
    "demo-zh": "lyrics-zh.txt",
    "demo-en": "lyrics-en.txt",
    "demo-ja": "lyrics-ja.txt",
    "demo-ko": "lyrics-ko.txt",
}
"""Built-in corpora: name to file name in the assets."""


def asset(name: str) -> Path:
    """An asset by file name, from the wheel or from a checkout."""
    packed = _PACKAGE / "assets" / name
    return packed if packed.exists() else _PACKAGE.parent / "assets" / name


def log_file() -> Path:
    """The log file; its folder may not exist yet."""
    return _DIRS.user_log_path / "lyricterm.log"


def runs_folder() -> Path:
    """Where the runs are kept; it may not exist yet."""
    return _DIRS.user_data_path / "runs"


def played_file() -> Path:
    """Which exercises were played, and when; neither the file nor its folder may exist yet."""
    return _DIRS.user_data_path / "exercises.json"


def sweeps_folder() -> Path:
    """Holds what each sweep over settings is about and how far it is; it may not exist yet."""
    return _DIRS.user_data_path / "sweeps"


def visitors_folder() -> Path:
    """Holds a folder for each visitor of a served lab; it may not exist yet."""
    return _DIRS.user_data_path / "visitors"


def probes_file() -> Path:
    """What was found out about this machine's matrix products; its folder may not exist yet."""
    return _DIRS.user_cache_path / "matmul.json"


def datasets_folder() -> Path:
    """Holds the data sets that were fetched; it may not exist yet."""
    return _DIRS.user_cache_path / "datasets"


def texts_folder() -> Path:
    """Holds large texts that were read and indexed before; it may not exist yet."""
    return _DIRS.user_cache_path / "texts"


def config_file() -> Path:
    """The person's defaults; neither the file nor its folder may exist yet."""
    return _DIRS.user_config_path / "config.toml"
