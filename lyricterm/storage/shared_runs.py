"""The runs that a server shows its visitors: to look at, compare and go on from; never to change."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from pathlib import Path

from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.visitor import visitor
from lyricterm.storage.newest_first import age
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_store import RunFolder, Store


def open_store() -> Store:
    """The runs of whoever uses this process; a visitor's with those that the server shares."""
    guest = visitor()
    return SharedStore(Store(Path(guest.shared_runs))) if guest and guest.shared_runs else Store()


def is_shared(info: RunInfo) -> bool:
    """Whether the run is one of the server's, seen by a visitor."""
    guest = visitor()
    return guest is not None and bool(guest.shared_runs) and info.folder.parent == Path(guest.shared_runs)


class SharedStore(Store):
    """A visitor's own runs, and beside them those of another store, which are only read."""

    def __init__(self, shared: Store, root: Path | None = None) -> None:
        super().__init__(root)
        self._shared = shared

    def listing(self) -> tuple[list[RunInfo], list[tuple[str, str]]]:
        """All runs that can be read, the newest first; of two with one id, the visitor's own; and the broken ones."""
        own, broken = super().listing()
        taken = {info.id for info in own}
        found = [*own, *(info for info in self._shared.runs() if info.id not in taken)]
        return sorted(found, key=age, reverse=True), broken

    def newest_first(self) -> Iterator[RunInfo]:
        """As ``Store``, both stores' runs; of two with one id, the visitor's own."""
        others = (info for info in self._shared.newest_first() if super(SharedStore, self)._with_id(info.id) is None)
        return merge(super().newest_first(), others, key=age, reverse=True)

    def prune(self, budget: int) -> list[RunInfo]:
        """As ``Store``; the server's runs neither count nor go."""
        return Store(self.root).prune(budget)

    def _with_id(self, name: str) -> RunInfo | None:
        """As ``Store``, the visitor's own before the server's."""
        return super()._with_id(name) or self._shared._with_id(name)

    def _folder_of(self, info: RunInfo) -> RunFolder | None:
        """As ``Store``; refuses a run of the server's."""
        if info.folder.parent != self.root:
            sentence = _("The run {id} is the server's; it can be looked at, but not changed.")
            raise RunError(sentence.format(id=one_line(info.id)))
        return super()._folder_of(info)
