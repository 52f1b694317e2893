"""What crosses the threads is frozen and holds numbers, texts and tuples only."""

from __future__ import annotations

import dataclasses
import typing
from enum import Enum
from types import ModuleType, NoneType, UnionType

import pytest

from lyricterm.core import commands, events, inspection, run_data

PLAIN = {int, float, str, bool, NoneType}
CROSSING = [*typing.get_args(events.Event), *typing.get_args(commands.Command)]


def _is_plain(kind: object) -> bool:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return True
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _is_frozen_and_plain(kind)
    if isinstance(kind, UnionType) or typing.get_origin(kind) in (tuple, frozenset, typing.Union):
        return all(_is_plain(part) for part in typing.get_args(kind) if part is not Ellipsis)
    return kind in PLAIN


def _is_frozen_and_plain(kind: type) -> bool:
    frozen = kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    return frozen and all(_is_plain(part) for part in typing.get_type_hints(kind, localns=vars(inspection)).values())


@pytest.mark.parametrize("kind", CROSSING, ids=lambda kind: kind.__name__)
def test_events_and_commands_are_frozen_and_plain(kind: type) -> None:
    assert _is_frozen_and_plain(kind)


def _declared(module: ModuleType) -> set[type]:
    return {thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__}


def test_every_class_that_could_cross_is_listed() -> None:
    assert _declared(events) | _declared(commands) == set(CROSSING)
    assert all(map(_is_frozen_and_plain, _declared(run_data)))


def test_every_event_names_its_run() -> None:
    kinds = typing.get_args(events.Event)
    assert all("run" in {field.name for field in dataclasses.fields(kind)} for kind in kinds)
