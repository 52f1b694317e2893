"""How the columns of the table of runs share the room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.app.run_columns import COLUMNS, GAP, widths_of
from lyricterm.app.widgets.run_table import fitted

_ROWS = st.lists(st.lists(st.text(max_size=60), min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=5)


@given(_ROWS, st.integers(5, 250))
def test_columns_fit_and_the_run_is_the_last_to_go(rows: list[list[str]], room: int) -> None:
    widths = widths_of(rows, room)
    assert 0 in widths
    if room > 40:
        assert sum(widths.values()) + GAP * (len(widths) - 1) <= room
    for place, width in widths.items():
        assert width > 0
        if not COLUMNS[place].most:
            # A number is never cut to another.
            assert all(cell_len(row[place]) <= width for row in rows)


def test_a_text_in_its_column() -> None:
    settings, epoch = COLUMNS[1], COLUMNS[3]
    assert fitted("random tanh", 8, settings) == "random …"
    assert fitted("十秒一圈又一圈", 8, settings) == "十秒一… "
    assert fitted("7/40", 6, epoch) == "  7/40"
