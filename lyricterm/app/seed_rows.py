"""The comparison by settings: one line, and one colour, for the runs that differ only in their seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lyricterm.app.comparison import RunRow, cells_of
from lyricterm.core.i18n import _, n_
from lyricterm.core.metrics import SUMMARIES, cells, summed_up
from lyricterm.core.number_format import NOTHING
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import brief
from lyricterm.reports.describe import contrast
from lyricterm.reports.seed_groups import SeedGroup, by_settings


def by_seeds(rows: Sequence[RunRow]) -> tuple[RunRow, ...]:
    """The rows with those that differ only in their seed as one; the studio's run stays by itself."""
    live = [row for row in rows if row.live]
    by_id = {row.id: row for row in rows if row.info is not None and not row.live}
    groups = by_settings([row.info for row in by_id.values() if row.info is not None])
    firsts = [group.runs[0] for group in groups]
    words = contrast([replace(info, recipe=info.recipe.with_values({"seed": 0})) for info in firsts])
    together = [
        _together(group, [by_id[info.id] for info in group.runs], told or _("like the others"))
        for group, told in zip(groups, words, strict=True)
    ]
    return (*live, *together, *(row for row in rows if row.info is None))


def _together(group: SeedGroup, rows: Sequence[RunRow], words: str) -> RunRow:
    first = rows[0]
    assert first.entry is not None
    if len(rows) == 1:
        return replace(first, cells=cells_of(first.entry, words))
    entries = tuple(row.entry for row in rows if row.entry is not None)
    return replace(first, cells=_cells(group, rows, words), others=entries[1:])


def _cells(group: SeedGroup, rows: Sequence[RunRow], words: str) -> tuple[str, ...]:
    entries = [row.entry for row in rows if row.entry is not None]
    states = {info.status.label for info in group.runs}
    diverged = sum(info.status is RunStatus.DIVERGED for info in group.runs)
    count = len(group.runs)
    return (
        n_("{count} seed", "{count} seeds", count).format(count=count),
        words,
        states.pop() if len(states) == 1 else _("various"),
        f"{group.epoch:,}/{group.runs[0].recipe.epochs:,}",
        group.perplexity,
        group.best,
        *cells(summed_up([entry.recent for entry in entries]), SUMMARIES),
        _("{count} of {all}").format(count=diverged, all=count) if diverged else NOTHING,
        brief(entries[0].sample) or NOTHING,
    )
