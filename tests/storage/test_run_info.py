"""``run.json`` may hold anything: it is read as a run within bounds, or the run is broken with one sentence."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.run_data import HeldOutFacts
from lyricterm.core.run_status import ON_DISK, RunStatus
from lyricterm.core.settings import Recipe, recipe_to_dict
from lyricterm.core.strict_json import strict
from lyricterm.storage.run_info import from_dict, measured, to_dict
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from tests.storage.kept import check_sane, folder_of, info_of, kept

ROUNDS = [1_000, pytest.param(50_000, marks=pytest.mark.long)]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**53 - 1, 2**53 + 1)
    | st.sampled_from([10**400, -1, 1e11, 1e12, 1e308, "inf", "-inf", "nan", "last", "random", "", "x" * 5_000])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))

WORDS = (
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"9007199254740993",
    b'"inf"',
    b"NaN",
    b"[]",
    b"{}",
    b'""',
    b"-0.0",
    b"1e-400",
)


FOLDER = RunFolder(Path("/runs/20231114-221320"))


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """What a run's ``run.json`` says."""
    held_out = {"held_out": HeldOutFacts(4_000, 12, 7, 301.0, 204.0, 10_000), "valid_perplexity": 561.0}
    best = BestHeldOut(2, 250.0, 300.0)
    return dict(strict(to_dict(info_of(FOLDER, diverged=(4, 7), best_held_out=best, **held_out))))


def test_what_is_held_out_comes_back_and_may_be_missing(plain: dict[str, Any]) -> None:
    info = from_dict(FOLDER.id, FOLDER.path, json.loads(json.dumps(plain)))
    assert info.held_out == HeldOutFacts(4_000, 12, 7, 301.0, 204.0, 10_000)
    assert (info.valid_perplexity, info.best_held_out) == (561.0, BestHeldOut(2, 250.0, 300.0))
    before = {key: value for key, value in plain["held_out"].items() if key != "total"}
    info = from_dict(FOLDER.id, FOLDER.path, plain | {"held_out": before})
    assert info.held_out == HeldOutFacts(4_000, 12, 7, 301.0, 204.0)
    earlier = {
        key: value for key, value in plain.items() if key not in ("held_out", "best_held_out", "valid_perplexity")
    }
    info = from_dict(FOLDER.id, FOLDER.path, earlier)
    assert (info.held_out, info.best_held_out) == (None, None)
    assert math.isnan(info.valid_perplexity)


def read(store: Store, name: str) -> RunInfo | None:
    """The run as it is read; if it is not, it is broken, with one sentence."""
    runs, broken = store.runs(), store.broken()
    assert len(runs) + len(broken) == 1
    if runs:
        check_sane(runs[0])
        assert store.find(name).id == name
        return runs[0]
    assert broken[0][0] == name
    assert broken[0][1].isprintable()
    return None


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_field(plain: dict[str, Any], tmp_path: Path, data: st.DataObject) -> None:
    changed = dict(plain)
    for name in data.draw(st.lists(st.sampled_from(sorted(plain)), min_size=1, max_size=3)):
        changed[name] = data.draw(VALUES)
    if data.draw(st.booleans()):
        changed["recipe"] = plain["recipe"] | {data.draw(st.sampled_from([*plain["recipe"], "x"])): data.draw(VALUES)}
    store = Store(tmp_path / "runs")
    folder = store.root / "20231114-221320"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(changed))
    read(store, folder.name)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_any_mutation_of_its_bytes(tmp_path: Path, rounds: int) -> None:
    store = Store(tmp_path / "runs")
    info = kept(store, diverged=(4, 7), perplexity=math.inf)
    path = folder_of(info).run_file
    whole, chance = path.read_bytes(), random.Random(7)
    readable = 0
    for _ in range(rounds):
        path.write_bytes(mutated(whole, chance))
        readable += read(store, info.id) is not None
    # Neither all nor nothing gets through, or nothing has been tried.
    assert 0.02 * rounds < readable < 0.7 * rounds


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content after one to three changes."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(content) + 1)
        until = min(len(content), at + chance.choice((0, 1, 1, 2, 5, 30)))
        match chance.randrange(6):
            case 0:
                content = content[:at] + content[until:]
            case 1:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            case 2:
                content = content[:at] + chance.choice(b"0123456789").to_bytes() + content[at + 1 :]
            case 3:
                content = content[:at] + content[at:until] * chance.choice((2, 3, 50)) + content[until:]
            case 4:
                content = content[:at]
            case _:
                content = in_place_of_a_value(content, chance)
    return content


def in_place_of_a_value(content: bytes, chance: random.Random) -> bytes:
    """The content with a word where some value stood."""
    places = [place for place, byte in enumerate(content) if byte == ord(":")]
    if not places:
        return content
    start = chance.choice(places) + 1
    ends = [end for end in (content.find(b",", start), content.find(b"}", start)) if end >= 0]
    return content[:start] + chance.choice(WORDS) + content[min(ends, default=len(content)) :]


@pytest.mark.parametrize("status", ON_DISK)
@pytest.mark.parametrize("amount", [0.0, 1.0, 10.25, math.inf, math.nan])
def test_what_is_written_is_read(status: RunStatus, amount: float) -> None:
    info = info_of(FOLDER, status=status, perplexity=amount, best=amount, recipe=Recipe(lr=1e-5, hidden=7))
    text = json.dumps(strict(to_dict(info)), allow_nan=False)
    again = from_dict(FOLDER.id, FOLDER.path, json.loads(text))
    assert strict(vars(again)) == strict(vars(info))


@pytest.mark.parametrize("name", ["recipe", "corpus", "epoch", "best", "diverged", "state"])
def test_every_field_must_be_there(plain: dict[str, Any], name: str) -> None:
    assert from_dict("x", Path(), plain).epoch == 3
    with pytest.raises(ValueError, match=name):
        from_dict("x", Path(), {field: value for field, value in plain.items() if field != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epoch", True),
        ("epoch", 1.0),
        ("epoch", -1),
        ("epoch", 2**53 + 1),
        ("characters", None),
        ("created", -1.0),
        ("updated", 1e12),
        ("seconds", "inf"),
        ("perplexity", -0.5),
        ("perplexity", True),
        ("perplexity", 10**400),
        ("best", "nan"),
        ("state", "running"),
        ("state", "waiting"),
        ("state", ["paused"]),
        ("diverged", [1]),
        ("diverged", [1, 2, 3]),
        ("diverged", [1, -2]),
        ("diverged", {"0": 1, "1": 2}),
        ("device", 7),
        ("corpus", "x" * 4_097),
        ("recipe", None),
        ("recipe", {"hidden": 0}),
        ("recipe", {"colour": "red"}),
        ("recipe", {"prefixes": ["x"] * 17}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_values_out_of_bounds(plain: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(ValueError):
        from_dict("x", Path(), plain | {name: value})


def test_an_older_recipe_takes_the_defaults_for_what_it_lacks(plain: dict[str, Any]) -> None:
    recipe = recipe_to_dict(Recipe(hidden=9))
    del recipe["threads"]
    assert from_dict("x", Path(), plain | {"recipe": recipe}).recipe == Recipe(hidden=9)


def test_measured_amounts() -> None:
    assert measured("inf") == math.inf
    assert math.isnan(measured(None))
    assert measured(-1, -math.inf) == -1.0
    wrongs: list[Any] = ["-inf", -1, math.inf, math.nan, "1", []]
    for wrong in wrongs:
        with pytest.raises(ValueError):
            measured(wrong)
