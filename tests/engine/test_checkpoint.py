"""A run in one file: exact, resumable bit for bit, and refused in one sentence where it is damaged."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import struct
import tracemalloc
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lyricterm.core.errors import CheckpointError, CorpusError
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.trainer_state import EpochSums

from .runs import TEXT, figures, losses, small, start, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lyricterm.core.settings import Recipe
    from lyricterm.engine.checkpoint import Checkpoint
    from lyricterm.engine.trainer import Trainer

Header = dict[str, Any]


WRONG: list[object] = [None, "", [[]], [1, 2], -1, 10**400, math.inf, -math.inf, math.nan, {"a": [None]}]
"""What JSON can hold, and no part of a header may be."""


def short(value: object) -> str:
    return str(value)[:8]


def mine(text: str = TEXT) -> Corpus:
    return Corpus("test", text, len(text))


def tiny(**values: Any) -> Recipe:
    return small(**({"hidden": 8, "batch": 3, "steps": 5, "sampling": "consecutive"} | values))


def half_way(minibatches: int = 5, **values: Any) -> Trainer:
    trainer = start(tiny(**values))
    train(trainer, minibatches)
    return trainer


def saved(path: Path, trainer: Trainer) -> Path:
    checkpoint.save(snapshot.capture(trainer), path)
    return path


def refused(path: Path) -> str:
    """The one sentence with which a file is refused, which names it."""
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def read_header(path: Path) -> Header:
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["lyricterm"]))


def write_header(path: Path, header: str, tensors: dict[str, Tensor] | None = None) -> Path:
    save_file(tensors or load_file(path), path, {"lyricterm": header})
    return path


def changed(path: Path, change: Callable[[Header], object]) -> Path:
    header = read_header(path)
    change(header)
    return write_header(path, json.dumps(header))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    empty = tmp_path / "runs"
    empty.mkdir()
    return empty


@pytest.fixture
def file(folder: Path) -> Path:
    """A good checkpoint in the middle of an epoch."""
    return saved(folder / "run.safetensors", half_way())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestRoundTrip:
    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    @pytest.mark.parametrize("sampling", ["random", "consecutive"])
    def test_exact(self, sampling: str, cell: str, tmp_path: Path) -> None:
        trainer = half_way(sampling=sampling, cell=cell, theta=0.1, lr=1 / 3, prefixes=("分开", "a|b\udcff"))
        before = snapshot.capture(trainer)
        after = checkpoint.load(saved(tmp_path / "run.safetensors", trainer))
        assert replace(after, standing=before.standing) == before
        ours, carried = after.standing, trainer.engine.state if sampling == "consecutive" else ()
        assert (ours.epoch, ours.minibatch, ours.sums) == (trainer.epoch, trainer.minibatch, trainer.sums)
        assert same(ours.weights, trainer.model.weights)
        assert same(ours.kept, trainer.model.kept.weights)
        assert not same(ours.kept, ours.weights)
        assert same(ours.state, carried)

    def test_one_safetensors_file_that_anyone_can_read(self, file: Path) -> None:
        tensors = load_file(file)
        parameters = {
            "W_xh": (len(set(TEXT)), 8),
            "W_hh": (8, 8),
            "b_h": (8,),
            "W_hy": (8, len(set(TEXT))),
            "b_y": (len(set(TEXT)),),
        }
        kept = {f"kept.{name}": shape for name, shape in parameters.items()}
        found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        assert found == parameters | kept | {"state.0": (3, 8)}
        header = read_header(file)
        assert header["vocabulary"] == "".join(sorted(set(TEXT)))
        assert header["recipe"]["lr"] == 0.05
        assert (header["epoch"], header["minibatch"]) == (0, 5)
        assert b"pickle" not in file.read_bytes()

    def test_capture_is_a_copy(self) -> None:
        trainer = half_way()
        captured = snapshot.capture(trainer).standing
        tensors = [*captured.weights, *captured.kept, *captured.state]
        copies, sums = [tensor.clone() for tensor in tensors], asdict(captured.sums)
        train(trainer, 3)
        assert same(tensors, copies)
        assert asdict(captured.sums) == sums

    def test_a_path_to_the_corpus_is_kept_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert snapshot.capture(start(tiny(corpus="a.txt"))).recipe.corpus == str(tmp_path / "a.txt")
        assert snapshot.capture(start(tiny(corpus="~/a.txt"))).recipe.corpus == str(Path.home() / "a.txt")
        assert snapshot.capture(start(tiny(corpus="demo-zh"))).recipe.corpus == "demo-zh"

    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    def test_writes_as_the_run_does(self, cell: str, tmp_path: Path) -> None:
        trainer = half_way(20, cell=cell, lr=0.3)
        writer = snapshot.writer(checkpoint.load(saved(tmp_path / "run.safetensors", trainer)))
        assert writer.complete("风吹", 30, "tanh") == trainer.complete("风吹", 30)

    def test_after_an_overflow(self, tmp_path: Path) -> None:
        trainer = start(small(sampling="consecutive", clipping=False, lr=5.0, activation="relu"))
        assert any(trainer.step().overflow for _ in range(20))
        loaded = checkpoint.load(saved(tmp_path / "run.safetensors", trainer))
        assert all(bool(weight.isfinite().all()) for weight in loaded.standing.weights)


class TestResume:
    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    @pytest.mark.parametrize("sampling", ["random", "consecutive"])
    def test_from_any_minibatch_bit_for_bit(self, sampling: str, cell: str, tmp_path: Path) -> None:
        recipe = tiny(sampling=sampling, cell=cell, batch=8, theta=1.0, lr=0.2)
        whole = start(recipe)
        total = 2 * whole.minibatches
        steps = train(whole, total)
        for done in range(total):
            path = saved(tmp_path / "run.safetensors", half_way(done, **recipe_values(recipe)))
            loaded = checkpoint.load(path)
            resumed = snapshot.resume(loaded, loaded.recipe, mine())
            assert (resumed.epoch, resumed.minibatch) == divmod(done, whole.minibatches)
            rest = train(resumed, total - done)
            assert losses(rest) == losses(steps[done:])
            assert [step.grad_norm for step in rest] == [step.grad_norm for step in steps[done:]]
            assert torch.equal(resumed.model.parameters.flat, whole.model.parameters.flat)
            wanted = figures(steps[done:])
            assert [(f.epoch, f.loss, f.perplexity, f.grad_norm, f.clipped) for f in figures(rest)] == [
                (f.epoch, f.loss, f.perplexity, f.grad_norm, f.clipped) for f in wanted
            ]

    def test_with_the_other_engine(self, file: Path) -> None:
        loaded = checkpoint.load(file)
        runs = [
            losses(train(snapshot.resume(loaded, replace(loaded.recipe, engine=engine), mine()), 20))
            for engine in ("bptt", "reference")
        ]
        assert runs[0] == pytest.approx(runs[1], rel=1e-4)

    def test_with_other_hot_settings(self, file: Path) -> None:
        loaded = checkpoint.load(file)
        resumed = snapshot.resume(loaded, replace(loaded.recipe, lr=0.5, batch=2, sampling="random"), mine())
        assert resumed.recipe.lr == 0.5
        assert resumed.pending == {"batch": 2, "sampling": "random"}
        train(resumed, resumed.minibatches - 5)
        assert (resumed.recipe.batch, resumed.recipe.sampling) == (2, "random")

    def test_falls_back_to_the_same_weights_when_the_next_minibatch_overflows(self, file: Path) -> None:
        resumed, straight = resumed_from(file), half_way()
        for trainer in (resumed, straight):
            trainer.model.parameters.flat.fill_(math.nan)
            assert trainer.step().overflow == "loss"
        assert same(resumed.model.weights, straight.model.weights)

    @pytest.mark.parametrize("text", [TEXT + "风", TEXT[:-1], TEXT.replace("风", "雨"), TEXT[::-1]])
    def test_another_text_is_refused(self, text: str, file: Path) -> None:
        loaded = checkpoint.load(file)
        with pytest.raises(CheckpointError, match=r"is not the text this run was trained on.*--adapt"):
            snapshot.resume(loaded, loaded.recipe, mine(text))

    def test_position_beyond_the_epoch_is_refused(self, file: Path) -> None:
        loaded = checkpoint.load(changed(file, lambda header: header.update(minibatch=39)))
        with pytest.raises(CheckpointError, match="position in the epoch does not exist"):
            snapshot.resume(loaded, loaded.recipe, mine())


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in ("sampling", "cell", "batch", "theta", "lr")}


class TestDamage:
    """Whatever is in the file: one sentence, never another exception."""

    def test_cut_off_anywhere(self, file: Path) -> None:
        content = file.read_bytes()
        for length in [*range(40), *range(40, len(content), 37), len(content) - 1]:
            file.write_bytes(content[:length])
            assert "is not a complete .safetensors file" in refused(file)

    def test_something_after_its_end(self, file: Path) -> None:
        file.write_bytes(file.read_bytes() + b"\0")
        assert "is not a complete .safetensors file" in refused(file)

    @pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" * 9, b"\x80\x04" * 50, b"\xff" * 64])
    def test_something_else(self, content: bytes, file: Path) -> None:
        file.write_bytes(content)
        assert "is not a complete .safetensors file" in refused(file)

    def test_another_programs_file(self, file: Path) -> None:
        for metadata in (None, {"format": "pt"}, {"other": "{}"}):
            save_file({"weight": torch.zeros(3, 3)}, file, metadata)
            assert "not one that lyricterm wrote" in refused(file)

    def test_missing(self, tmp_path: Path) -> None:
        assert "There is no checkpoint" in refused(tmp_path / "none.safetensors")

    def test_directory(self, tmp_path: Path) -> None:
        assert "is a folder" in refused(tmp_path)

    def test_not_a_regular_file(self) -> None:
        assert "not a regular file" in refused(Path("/dev/null"))

    def test_name_that_cannot_be(self, tmp_path: Path) -> None:
        assert "cannot be read" in refused(tmp_path / ("a" * 300))

    @pytest.mark.parametrize("name", ["W_xh", "W_hh", "b_h", "W_hy", "b_y", "state.0"])
    def test_lacks_a_tensor(self, name: str, file: Path) -> None:
        tensors = load_file(file)
        del tensors[name]
        assert f"lacks the tensor {name}" in refused(write_header(file, json.dumps(read_header(file)), tensors))

    @pytest.mark.parametrize("name", ["W_xh", "W_hh", "b_h", "W_hy", "b_y", "state.0"])
    def test_wrong_shape(self, name: str, file: Path) -> None:
        tensors = load_file(file)
        for wrong in (tensors[name][:-1].clone(), tensors[name][None], torch.zeros(0), torch.tensor(1.0)):
            path = write_header(file, json.dumps(read_header(file)), tensors | {name: wrong})
            assert f"the tensor {name} is F32 {list(wrong.shape)}, but" in refused(path)

    @pytest.mark.parametrize(
        ("dtype", "called"),
        [
            (torch.float64, "F64"),
            (torch.float16, "F16"),
            (torch.bfloat16, "BF16"),
            (torch.int32, "I32"),
            (torch.bool, "BOOL"),
            (torch.float8_e4m3fn, "F8_E4M3"),
            (torch.complex64, "C64"),
        ],
    )
    def test_wrong_type(self, dtype: torch.dtype, called: str, file: Path) -> None:
        tensors = load_file(file)
        tensors["W_hh"] = tensors["W_hh"].to(dtype)
        path = write_header(file, json.dumps(read_header(file)), tensors)
        assert f"the tensor W_hh is {called} [8, 8], but" in refused(path)

    def test_file_of_another_recipe(self, file: Path) -> None:
        for change in ({"hidden": 9}, {"cell": "gru"}, {"batch": 4}):
            header = read_header(file)
            header["recipe"].update(change)
            refused(write_header(file, json.dumps(header)))

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("name", ["W_xh", "b_y", "state.0"])
    def test_numbers_that_are_not_finite(self, name: str, bad: float, file: Path) -> None:
        tensors = load_file(file)
        tensors[name].view(-1)[-1] = bad
        path = write_header(file, json.dumps(read_header(file)), tensors)
        assert "not finite" in refused(path)

    @pytest.mark.parametrize(
        "text",
        ["", "{", "null", "[]", "3", '"text"', "{}", "[" * 100_000, '{"version": ' + "9" * 10_000 + "}"],
        ids=lambda text: text[:12],
    )
    def test_header_that_is_no_object(self, text: str, file: Path) -> None:
        assert "not one that lyricterm wrote" in refused(write_header(file, text))

    @pytest.mark.parametrize("version", [0, 1, 3, "2", None, [1], "\x1b[31m" * 99])
    def test_other_version(self, version: object, file: Path) -> None:
        sentence = refused(changed(file, lambda header: header.update(version=version)))
        assert "checkpoint format" in sentence
        assert "\x1b" not in sentence

    @pytest.mark.parametrize("past", ["", [], [0], [0, []], [0, [[]]], [0, [[10**9, "tanh"]]], [0, 5]])
    def test_a_reach_that_cannot_be(self, past: object, file: Path) -> None:
        assert "damaged header" in refused(changed(file, lambda header: header.update(past=past)))

    @pytest.mark.parametrize("reach", [10**8, 2**53])
    def test_a_reach_that_would_fill_the_memory(self, reach: int, tmp_path: Path) -> None:
        path = tmp_path / "far.safetensors"
        checkpoint.save(snapshot.capture(half_way(3, detach=False)), path)
        assert checkpoint.load(path).standing.past is not None

        def stretch(header: Header) -> None:
            (run,) = header["past"][1]
            run[0] = header["minibatch"] = reach

        stretched = changed(path, stretch)
        tracemalloc.start()
        try:
            assert "damaged header" in refused(stretched)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("value", WRONG, ids=short)
    @pytest.mark.parametrize("key", ["recipe", "vocabulary", "epoch", "minibatch", "sums"])
    def test_damaged_header(self, key: str, value: object, file: Path) -> None:
        assert "damaged header" in refused(changed(file, lambda header: header.update({key: value})))

    @pytest.mark.parametrize("key", ["recipe", "vocabulary", "epoch", "minibatch", "sums", "fingerprint"])
    def test_header_without_one_of_its_parts(self, key: str, file: Path) -> None:
        assert "damaged header" in refused(changed(file, lambda header: header.pop(key)))

    @pytest.mark.parametrize("value", WRONG, ids=short)
    @pytest.mark.parametrize(
        "setting", ["hidden", "lr", "sampling", "clipping", "prefixes", "corpus", "seed", "no_such"]
    )
    def test_damaged_recipe(self, setting: str, value: object, file: Path) -> None:
        path = changed(file, lambda header: header["recipe"].update({setting: value}))
        assert "damaged header" in refused(path)

    @pytest.mark.parametrize("value", WRONG, ids=short)
    @pytest.mark.parametrize("name", sorted(asdict(EpochSums())))
    def test_damaged_sums(self, name: str, value: object, file: Path) -> None:
        path = changed(file, lambda header: header["sums"].update({name: value}))
        assert "damaged header" in refused(path)

    @pytest.mark.parametrize("change", [lambda v: v[::-1], lambda v: v[:-1] + v[0], lambda v: list(v)])
    def test_vocabulary_out_of_order(self, change: Callable[[str], object], file: Path) -> None:
        path = changed(file, lambda header: header.update(vocabulary=change(header["vocabulary"])))
        assert "damaged header" in refused(path)

    @pytest.mark.parametrize("seed", range(4))
    def test_flipped_bits_are_refused_or_make_a_checkpoint_that_works(self, seed: int, file: Path) -> None:
        content = file.read_bytes()
        header_end = 8 + struct.unpack("<Q", content[:8])[0]
        rng = random.Random(seed)
        refusals = 0
        for _ in range(150):
            damaged = bytearray(content)
            for _ in range(rng.choice((1, 1, 4))):
                place = rng.randrange(header_end if rng.random() < 0.8 else len(content))
                damaged[place] ^= 1 << rng.randrange(8)
            file.write_bytes(damaged)
            try:
                loaded = checkpoint.load(file)
            except CheckpointError:
                refusals += 1
            else:
                works(loaded)
        assert 50 < refusals < 150


def works(loaded: Checkpoint) -> None:
    assert all(bool(weight.isfinite().all()) for weight in loaded.standing.weights)
    written = snapshot.writer(loaded).complete("风吹", 3, loaded.recipe.activation)
    assert len(written.text) == 3
    try:
        resumed = snapshot.resume(loaded, replace(loaded.recipe, device="cpu"), mine())
    except (CheckpointError, CorpusError):
        return
    resumed.step()


def same(ours: Iterable[Tensor], theirs: Iterable[Tensor]) -> bool:
    """Bit for bit."""
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def resumed_from(path: Path) -> Trainer:
    loaded = checkpoint.load(path)
    return snapshot.resume(loaded, loaded.asked, mine())


@contextmanager
def disk_full_after(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestSaving:
    def unwritable(self, path: Path) -> tuple[str, str]:
        """What checking says before training, and saving after it."""
        with pytest.raises(CheckpointError) as before:
            checkpoint.check_writable(path)
        with pytest.raises(CheckpointError) as after:
            checkpoint.save(snapshot.capture(half_way()), path)
        assert path.name in str(before.value)
        assert path.name in str(after.value)
        return str(before.value), str(after.value)

    def test_folder_is_missing(self, folder: Path) -> None:
        before, after = self.unwritable(folder / "none" / "run.safetensors")
        assert "cannot be written: No such file or directory" in before
        assert "cannot be written" in after

    def test_folder_is_a_file(self, folder: Path) -> None:
        (folder / "file").write_text("text")
        before, after = self.unwritable(folder / "file" / "run.safetensors")
        assert "cannot be written" in before
        assert "cannot be written" in after

    def test_path_is_a_directory(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        before, after = self.unwritable(folder / "inner")
        assert "is a folder" in before
        assert "cannot be written" in after
        assert names(folder) == ["inner"]

    def test_name_is_too_long(self, folder: Path) -> None:
        before, after = self.unwritable(folder / ("长" * 100))
        assert "cannot be written" in before
        assert "cannot be written" in after
        assert names(folder) == []

    def test_longest_name_that_can_be(self, folder: Path) -> None:
        path = folder / ("长" * 85)
        checkpoint.check_writable(path)
        assert checkpoint.load(saved(path, half_way())).minibatch == 5

    def test_not_over_a_device(self) -> None:
        with pytest.raises(CheckpointError, match="not a regular file"):
            checkpoint.check_writable(Path("/dev/null"))

    def test_folder_may_not_be_written(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def deny(*arguments: object, **named: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkstemp", deny)
        with pytest.raises(CheckpointError, match="cannot be written: Permission denied"):
            checkpoint.check_writable(folder / "run.safetensors")

    def test_checking_leaves_nothing_behind(self, folder: Path) -> None:
        checkpoint.check_writable(folder / "run.safetensors")
        assert names(folder) == []

    def test_checking_leaves_an_older_file_alone(self, file: Path) -> None:
        content = file.read_bytes()
        checkpoint.check_writable(file)
        assert file.read_bytes() == content
        assert names(file.parent) == [file.name]

    def test_older_file_is_replaced(self, file: Path) -> None:
        saved(file, half_way(7))
        assert checkpoint.load(file).minibatch == 7

    def test_older_file_survives_when_the_new_one_cannot_take_its_place(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: object) -> None:
            raise OSError(5, "Input/output error")

        content, trainer = file.read_bytes(), half_way(7)
        before = names(file.parent)
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", fail)
            with pytest.raises(CheckpointError, match="cannot be written: Input/output error"):
                saved(file, trainer)
        assert file.read_bytes() == content
        assert names(file.parent) == before

    def test_older_file_survives_a_full_disk(self, file: Path) -> None:
        content, trainer = file.read_bytes(), half_way(7)
        before = names(file.parent)
        with disk_full_after(1000), pytest.raises(CheckpointError, match="cannot be written"):
            saved(file, trainer)
        assert file.read_bytes() == content
        assert names(file.parent) == before
