"""Lyrics while a model learns: chosen as the settings say, and as ``complete`` would choose them."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

from lyricterm.core.commands import Change, Complete
from lyricterm.core.decoding import Decoding
from lyricterm.core.events import Completed, EpochDone, Event, Generated, Progress
from lyricterm.core.run_data import Sample
from lyricterm.core.settings import Value, recipe_to_dict
from lyricterm.storage.run_log import read_samples
from lyricterm.storage.run_store import Store
from lyricterm.training.resume import from_file
from lyricterm.training.run_storage import RunStorage
from tests.training.lab import drive, of, tiny, when

KNOBS: dict[str, Value] = {"temperature": "0.8", "top_k": "20", "no_repeat": "3", "sample_seed": 7, "sample_count": 2}
DECODING = Decoding(temperature=0.8, top_k=20, no_repeat=3)


def samples(events: list[Event]) -> list[Sample]:
    return [event.sample for event in of(events, Generated)]


def test_lyrics_are_drawn_as_the_settings_say(tmp_path: Path) -> None:
    recipe = tiny(tmp_path).with_values(KNOBS | {"epochs": 1, "pred_period": 1})
    wish = Complete(9, recipe.prefixes[0], recipe.pred_len, DECODING, 7, 2)
    events = drive(recipe, when(EpochDone).send(wish), when(Completed))
    written = samples(events)
    assert [(each.prefix, each.seed, each.number) for each in written] == [
        (prefix, 7 + number, number) for prefix in recipe.prefixes for number in (0, 1)
    ]
    assert {each.decoding for each in written} == {DECODING}
    assert written[0].text != written[1].text
    (answer,) = of(events, Completed)
    assert [answer.text, *(other.text for other in answer.others)] == [each.text for each in written[:2]]


def test_how_lyrics_are_chosen_changes_nothing_that_is_learnt(tmp_path: Path) -> None:
    recipe = tiny(tmp_path).with_values({"pred_period": 1})
    greedy, drawn = (drive(each, stop_at_end=True) for each in (recipe, recipe.with_values(KNOBS)))
    assert of(greedy, Progress)[-1].loss == of(drawn, Progress)[-1].loss
    assert {each.decoding for each in samples(greedy)} == {Decoding()}


def test_a_change_while_it_trains_holds_for_the_next_lyrics(tmp_path: Path) -> None:
    recipe = tiny(tmp_path).with_values({"pred_period": 1, "temperature": "0.8"})
    events = drive(recipe, when(Generated).send(Change((("beam", "2"),))), stop_at_end=True)
    chosen = [each.decoding for each in samples(events)]
    assert chosen[0] == Decoding(temperature=0.8)
    assert chosen[-1] == Decoding(beam=2)
    assert of(events, Progress)[-1].recipe.temperature == "off"


def test_a_kept_run_goes_on_with_its_knobs_and_has_its_samples(tmp_path: Path) -> None:
    store, saved = Store(tmp_path / "runs"), tmp_path / "model.safetensors"
    recipe = tiny(tmp_path).with_values(KNOBS | {"epochs": 1, "pred_period": 1})
    before = samples(drive(recipe, stop_at_end=True, storage=RunStorage(store), save=saved))
    (info,) = store.runs()
    read = read_samples(info.folder / "samples.jsonl")
    assert [asdict(each) for each in read] == [asdict(each) for each in before]
    assert all(0 <= each.copied <= 1 for each in read)
    goes_on = partial(from_file, saved, None, {"epochs": 2}, None)
    whole = drive(recipe.with_values({"epochs": 2}), stop_at_end=True)
    assert samples(drive(recipe, stop_at_end=True, prepare=goes_on)) == samples(whole)[len(before) :]


def test_samples_of_an_earlier_version_were_greedy(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    rows = [
        {"epoch": 1, "perplexity": 2.5, "prefix": "分开", "text": "我"},
        {"epoch": 2, "perplexity": 2.5, "prefix": "分开", "text": "我", "number": -1, "decoding": {"beam": "wide"}},
        {"epoch": 3, "perplexity": 2.5, "prefix": "分开", "text": "我", "number": 1, "decoding": {"beam": 3}},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    read = read_samples(path)
    assert [(each.decoding, each.number) for each in read] == [(Decoding(), 0), (Decoding(), 0), (Decoding(beam=3), 1)]
    earlier = recipe_to_dict(tiny(tmp_path))
    assert earlier["temperature"] == "off"
