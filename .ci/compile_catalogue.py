"""Build hook: compiles the gettext catalogues, for the wheel and for an editable install alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogue(BuildHookInterface):  # type: ignore[type-arg]
    """Writes a ``.mo`` beside each ``.po``; ``artifacts`` in pyproject.toml takes them into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all catalogues before the files are collected."""
        for source in (Path(self.root) / "lyricterm" / "locale").rglob("*.po"):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as binary:
                write_mo(binary, read_po(text))
