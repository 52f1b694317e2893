"""Fine-tuning: what two texts share stays as it was learnt, what is new is as in a new run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lyricterm.core.errors import CheckpointError
from lyricterm.core.events import Failed, Noticed, Started
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.adapt import Adapted, adapt
from lyricterm.training.adapted import adapted
from tests.training.lab import drive, of

from .runs import epochs, small, start

OLD = "abcab cba dacb " * 20
NEW = "bcx ybcb xycb " * 20
SHAPES: list[dict[str, Any]] = [{}, {"cell": "lstm"}, {"embedding": 6}, {"layers": 2, "cell": "gru"}]


@pytest.mark.parametrize("values", SHAPES, ids=str)
def test_rows_of_shared_characters_are_those_that_were_learnt(tmp_path: Path, values: dict[str, Any]) -> None:
    learnt = start(small(**values), OLD)
    epochs(learnt, 2)
    checkpoint.save(snapshot.capture(learnt), tmp_path / "saved")
    saved = checkpoint.load(tmp_path / "saved")
    trainer, untouched = (start(small(seed=5, **values), NEW) for _ in range(2))
    assert adapt(trainer, saved) == Adapted(kept=3, new=2, gone=2)
    before, after = learnt.vocabulary.index, trainer.vocabulary.index
    assert sorted(after) == [" ", "b", "c", "x", "y"]
    for name, weight in trainer.model.weights.named.items():
        old, first = learnt.model.weights.named[name], untouched.model.weights.named[name]
        if name in ("W_hh", "b_h", "W_xh2", "W_hh2", "b_h2") or (name == "W_xh" and "embedding" in values):
            assert torch.equal(weight, old)
            continue
        # Characters are the rows, but of W_hy the columns.
        ours, theirs, drawn = (part.T if name == "W_hy" else part for part in (weight, old, first))
        for character, place in after.items():
            expected = theirs[before[character]] if character in " bc" else drawn[place]
            assert torch.equal(ours[place], expected)
    assert all(torch.equal(*pair) for pair in zip(trainer.model.kept.weights, trainer.model.weights, strict=True))
    epochs(trainer, 1)


def test_nothing_shared_is_refused(tmp_path: Path) -> None:
    checkpoint.save(snapshot.capture(start(small(), OLD)), tmp_path / "saved")
    with pytest.raises(CheckpointError, match="shares no character"):
        adapt(start(small(), "xyz" * 60), checkpoint.load(tmp_path / "saved"))


def test_a_run_of_its_own_begins(tmp_path: Path) -> None:
    learnt = start(small(epochs=3), OLD)
    epochs(learnt, 3)
    path, text = tmp_path / "saved", tmp_path / "new.txt"
    checkpoint.save(snapshot.capture(learnt), path)
    text.write_text(NEW, "utf-8")
    recipe = small(corpus=str(text))
    values: dict[str, Any] = {"corpus": str(text), "epochs": 1}
    events = drive(recipe, prepare=lambda guess: adapted(path, values, guess), stop_at_end=True)
    (began,) = of(events, Started)
    assert began.epoch == 0
    assert began.facts.corpus == "new.txt"
    assert "whose weights are kept: 3; new ones, whose weights are drawn anew: 2; not in this text: 2" in " ".join(
        event.sentence for event in of(events, Noticed)
    )
    assert of(events, Failed) == []
    with pytest.raises(CheckpointError, match="--hidden cannot change with --adapt"):
        adapted(path, values | {"hidden": 7}, recipe)
