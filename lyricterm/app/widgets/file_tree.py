"""The files that could be lyrics, as a tree."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text, TextType
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DirectoryTree, Tree

from lyricterm.app.actions import Action, bindings
from lyricterm.core.i18n import N_
from lyricterm.core.sanitize import one_line
from lyricterm.corpus.folders import is_lyrics


class FileTree(DirectoryTree):
    """Shows folders and files with a known ending; hidden ones are left out."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("files.expand", "right", N_("open"), N_("show what is in the folder under the cursor"), "open", rank=7),
        Action("files.collapse", "left", N_("close"), N_("close the folder, or go to the one it is in"), "shut"),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Tree,)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """What may be lyrics."""
        return (path for path in paths if not path.name.startswith(".") and (_is_folder(path) or is_lyrics(path.name)))

    def process_label(self, label: TextType) -> Text:
        """A file's name is foreign."""
        return Text(one_line(str(label)), no_wrap=True, overflow="ellipsis")

    def action_open(self) -> None:
        """Show what is in the folder."""
        if self.cursor_node is not None and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def action_shut(self) -> None:
        """Close the folder, or go to the one it is in."""
        node = self.cursor_node
        if node is not None and node.allow_expand and node.is_expanded:
            node.collapse()
        elif node is not None:
            self.action_cursor_parent()

    @property
    def chosen(self) -> Path | None:
        """Where the cursor is."""
        node = self.cursor_node
        return node.data.path if node is not None and node.data is not None else None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def start_folder() -> Path:
    """Where a person looks first: the working directory, or, if that has gone, the root."""
    try:
        return Path.cwd()
    except OSError:
        return Path("/")
