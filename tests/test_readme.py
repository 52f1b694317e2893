"""README says what the code does."""

from __future__ import annotations

import re

import pytest

from tests.readme import ACTIONS, README, written

TEXT = README.read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_code() -> None:
    assert written(TEXT) == TEXT, "run python -m tests.readme"


def test_every_action_is_in_a_table_once() -> None:
    listed = re.findall(r"\| `([a-z]+\.[a-z0-9-]+)` \|$", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(action.id for action in ACTIONS)
    assert len(listed) > 85


def test_a_readme_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="keys in the lab"):
        written("# lyricterm\n")
