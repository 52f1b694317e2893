"""Mutated checkpoints: refused in one sentence, or loaded as they are in the file and saved again the same.

Nothing here knows what is in a checkpoint but that it is a .safetensors file with JSON in its header.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lyricterm.core.errors import CheckpointError
from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.checkpoint import Checkpoint
from lyricterm.engine.trainer import Trainer
from lyricterm.training.run_metrics import RunMetrics
from tests.fuzz.harness import bounded, fuzz
from tests.fuzz.mutate import (
    INNER,
    SAFETENSORS,
    damaged_headers,
    join_safetensors,
    mutants,
    places,
    replaced,
    split_safetensors,
)

pytestmark = pytest.mark.slow

TEXT = "风吹过山 雨落在海 你说别走 我等天亮 e\u0301🎵 " * 8
MEGABYTE = 1 << 20


def content_of(folder: Path, **axes: object) -> bytes:
    """A checkpoint in the middle of an epoch."""
    small: dict[str, object] = {"hidden": 4, "batch": 2, "steps": 3, "device": "cpu", "threads": "1"}
    trainer = Trainer(Recipe().with_values(small | axes), Corpus("a", TEXT, len(TEXT)))  # type: ignore[arg-type]
    for _ in range(3):
        trainer.step()
    trainer.change({"batch": 3, "lr": 0.1})
    path = folder / "good.safetensors"
    checkpoint.save(snapshot.capture(trainer, RunMetrics().to_dict()), path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Checkpoints of different kinds."""
    folder = tmp_path_factory.mktemp("good")
    return [
        content_of(folder),
        content_of(folder, sampling="consecutive", cell="lstm"),
        content_of(folder, cell="gru", prefixes=("a|b", "\x1b")),
        content_of(folder, sampling="consecutive", detach=False),
    ]


@pytest.fixture(scope="module", autouse=True)
def warm(good: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """What libraries take once, at their first use, is no checkpoint's doing."""
    path = tmp_path_factory.mktemp("warm") / "a.safetensors"
    path.write_bytes(good[0])
    check(good[0], checkpoint.load(path))


def check(content: bytes, loaded: Checkpoint) -> None:
    """The weights' bytes are those in the file, all finite; the characters are in its header."""
    size = struct.unpack("<Q", content[:8])[0]
    header, data = content[8 : 8 + size], content[8 + size :]
    for tensor in tensors(loaded):
        assert bool(tensor.isfinite().all())
        assert tensor.contiguous().numpy().tobytes() in data
    # A surrogate pair in the JSON is one character.
    told = "".join(strings(json.loads(header)))
    assert all(character in told for character in loaded.vocabulary.characters)


def tensors(loaded: Checkpoint) -> list[torch.Tensor]:
    """All that a checkpoint holds."""
    standing = loaded.standing
    found = [*standing.weights, *standing.kept, *standing.state]
    if standing.past is not None:
        found += [*standing.past.beginning.weights, *standing.past.beginning.state]
    return found


def strings(node: object) -> Iterator[str]:
    """All text in a JSON tree, also in the JSON within."""
    if isinstance(node, dict):
        yield from itertools.chain.from_iterable(strings(part) for pair in node.items() for part in pair)
    elif isinstance(node, list):
        yield from itertools.chain.from_iterable(strings(part) for part in node)
    elif isinstance(node, str):
        yield node
        if node[:1] in ("{", "["):
            yield from strings(json.loads(node))


def refused(path: Path) -> str:
    with bounded(256 * MEGABYTE), pytest.raises(CheckpointError) as caught:
        checkpoint.load(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 1_000
    return sentence


LONG = pytest.mark.long


@pytest.mark.parametrize("count", [700, pytest.param(60_000, marks=LONG)])
def test_bytes_and_structure(count: int, good: list[bytes], tmp_path: Path) -> None:
    cases = mutants(good, count, 11, SAFETENSORS, share=0.6)
    outcomes = fuzz(cases, checkpoint.load, check, tmp_path / "a.safetensors")
    assert outcomes.all == count
    assert outcomes.refused > count / 2
    assert outcomes.loaded > 0


@pytest.mark.parametrize("count", [800, pytest.param(40_000, marks=LONG)])
def test_each_value_of_the_header(count: int, good: list[bytes], tmp_path: Path) -> None:
    cases = [case for content in good for case in damaged_headers(content)]
    random.Random(12).shuffle(cases)
    outcomes = fuzz(itertools.islice(itertools.cycle(cases), count), checkpoint.load, check, tmp_path / "a.safetensors")
    assert outcomes.all == count
    assert outcomes.refused > count / 2
    assert outcomes.loaded > 0


@pytest.mark.parametrize("number", range(4))
def test_what_loads_is_saved_and_loaded_again_the_same(number: int, good: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(good[number])
    first = checkpoint.load(path)
    checkpoint.save(first, path)
    again = checkpoint.load(path)
    assert (again.recipe, again.vocabulary) == (first.recipe, first.vocabulary)
    for ours, theirs in zip(tensors(again), tensors(first), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("claimed", [100_000_001, 2**31, 2**60, 2**63, 2**64 - 1])
def test_header_of_a_claimed_length(claimed: int, good: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", claimed) + good[0][8:])
    refused(path)


@pytest.mark.parametrize("size", [99, 101, 200])
def test_header_of_many_megabytes(size: int, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", size * MEGABYTE) + b'{"a": "')
    os.truncate(path, size * MEGABYTE + 1000)
    refused(path)


@pytest.mark.parametrize("shape", [[2**60], [2**32, 2**32], [2**60, 0], [2**64 - 1, 2**64 - 1], [1] * 10_000])
def test_shapes_that_claim_all_the_memory_there_is(shape: list[int], good: list[bytes], tmp_path: Path) -> None:
    parts = split_safetensors(good[0])
    assert parts is not None
    tree = json.loads(parts[0])
    path = tmp_path / "a.safetensors"
    for name in tree.keys() - {"__metadata__"}:
        for offsets in (tree[name]["data_offsets"], [0, 2**60], [0, 0], [2**64 - 1, 0]):
            changed = tree | {name: tree[name] | {"shape": shape, "data_offsets": offsets}}
            path.write_bytes(join_safetensors(json.dumps(changed), parts[1]))
            refused(path)


@pytest.mark.parametrize(("size", "distinct"), [(1_000_000, 1), (10_000_000, 0x5000)])
def test_text_of_millions_of_characters_in_the_header(
    size: int, distinct: int, good: list[bytes], tmp_path: Path
) -> None:
    parts = split_safetensors(good[0])
    assert parts is not None
    tree = json.loads(parts[0])
    some = "".join(chr(0x4E00 + i % 0x5000) for i in range(min(distinct, size)))
    text = some * (size // len(some))
    path = tmp_path / "a.safetensors"
    longest = max((place for place in places(tree) if isinstance(at(tree, place), str)), key=lambda p: len(p))
    names = {place for place in places(tree) if place[-1:] and isinstance(at(tree, place), str) and INNER in place}
    for place in {longest, *sorted(names, key=str)[:2]}:
        content = join_safetensors(json.dumps(replaced(tree, place, text), ensure_ascii=False), parts[1])
        fuzz([content], checkpoint.load, check, path)


def at(node: object, path: tuple[object, ...]) -> object:
    """The value at a path."""
    for step in path:
        node = json.loads(str(node)) if step is INNER else node[step]  # type: ignore[index]
    return node
