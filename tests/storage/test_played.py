"""Which exercises were played: written down, read back, and nothing lost by a file that anybody may have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyricterm.storage.played import Played, note_played, read_played


def test_it_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "home" / "exercises.json"
    assert read_played(path) == {}
    note_played("clipping", Played(1_790_000_000.0, 240.5, 3), path)
    note_played("sampling", Played(1_790_000_100.0, 60.0, 1), path)
    note_played("clipping", Played(1_790_000_200.0, 250.0, 3), path)
    assert read_played(path) == {
        "clipping": Played(1_790_000_200.0, 250.0, 3),
        "sampling": Played(1_790_000_100.0, 60.0, 1),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"clipping": 3}',
        b'{"clipping": {"ended": "soon", "seconds": 1, "seeds": 1}}',
        b'{"clipping": {"ended": -1, "seconds": 1, "seeds": 1}}',
        b'{"clipping": {"ended": 1e300, "seconds": 1, "seeds": 1}}',
        b'{"clipping": {"ended": 1, "seconds": 1}}',
        b"[" * 100_000,
        b" " * 200_000,
    ],
)
def test_what_cannot_be_read_was_not_played(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "exercises.json"
    path.write_bytes(content)
    assert read_played(path) == {}
    note_played("sampling", Played(1.0, 2.0, 3), path)
    assert read_played(path) == {"sampling": Played(1.0, 2.0, 3)}


def test_a_disk_that_does_not_take_it_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    note_played("sampling", Played(1.0, 2.0, 3), tmp_path / "file" / "exercises.json")
