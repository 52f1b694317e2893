"""A run's status: one word for people, one for files, whoever asks."""

from __future__ import annotations

import pytest

from lyricterm.core.i18n import translator
from lyricterm.core.run_status import ENDED, ON_DISK, RunStatus


@pytest.mark.parametrize("status", RunStatus)
def test_every_status_has_a_word_in_each_language(status: RunStatus) -> None:
    assert status.label == status.value
    translator.use("zh")
    assert status.label != status.value


def test_what_files_say_does_not_change() -> None:
    assert [status.value for status in ON_DISK] == [
        *("training", "paused", "finished", "diverged", "failed", "interrupted"),
    ]
    assert set(ENDED) < set(ON_DISK)
