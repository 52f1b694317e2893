"""Matrix products: every route is right, the choice is the same for all, and what depends on threads is found out."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from lyricterm.core.errors import RecipeError
from lyricterm.core.log import logger
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, checkpoint_header, snapshot
from lyricterm.engine.products import choices, probe_cache
from lyricterm.engine.products.choices import Products, RouteChoice
from lyricterm.engine.products.probe import Probe, probe
from lyricterm.engine.products.probe_cache import ProbeCache
from lyricterm.engine.products.routes import MKL, ONEDNN, ROUTES, MklRoute, Route, available

from .runs import TEXT, epochs, losses, small, start, train

HAS_ONEDNN = ONEDNN in available()
needs_onednn = pytest.mark.skipif(not HAS_ONEDNN, reason="this torch has no oneDNN linear operator")


class Wobbly(MklRoute):
    """A route whose order of addition depends on the number of threads, as MKL's does on some machines."""

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        parts = torch.get_num_threads()
        total = sum(x @ y for x, y in zip(a.chunk(parts, 1), b.chunk(parts, 0), strict=True))
        assert isinstance(total, Tensor)
        return total if out is None else out.copy_(total)

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return total.add_(self.multiply(a, b))


class Wrong(MklRoute):
    """A route that errs a little more than it may."""

    name = ONEDNN

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        product = a @ b
        product.add_(2e-4 * product.abs().max())
        return product if out is None else out.copy_(product)


@pytest.fixture
def wobbly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which ``mm`` depends on the number of threads."""
    monkeypatch.setitem(ROUTES, MKL, Wobbly())


@pytest.fixture
def only_mm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch without oneDNN."""
    monkeypatch.delitem(ROUTES, ONEDNN, raising=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """These tests change what a probe finds."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "probes"))
    return tmp_path / "probes" / "lyricterm" / "matmul.json"


@pytest.fixture(autouse=True)
def threads_restored() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def operands(kind: str) -> tuple[Tensor, Tensor]:
    """a (40, 24) and b (24, 72) as views of different kinds."""
    generator = torch.Generator().manual_seed(1)

    def random(rows: int, columns: int) -> Tensor:
        return torch.randn(rows, columns, generator=generator)

    return {
        "plain": (random(40, 24), random(24, 72)),
        "transposed": (random(24, 40).t(), random(72, 24).t()),
        "gaps in a": (random(40, 32)[:, :24], random(24, 72)),
        "gaps in b": (random(40, 24), random(24, 80)[:, :72]),
        "gaps in a transposed": (random(24, 48)[:, :40].t(), random(24, 72)),
    }[kind]


@pytest.mark.parametrize("kind", ["plain", "transposed", "gaps in a", "gaps in b", "gaps in a transposed"])
@pytest.mark.parametrize("name", list(ROUTES))
def test_every_route_is_right(name: str, kind: str) -> None:
    a, b = operands(kind)
    route = ROUTES[name]
    if not route.offered(a, b):
        pytest.skip("this torch does not have it")
    exact = a.double() @ b.double()
    for product in (route.multiply(a, b), route.multiply(a, b, torch.full((40, 72), 9.0))):
        torch.testing.assert_close(product.double(), exact, rtol=1e-5, atol=1e-4)
    total = torch.ones(40, 72)
    assert route.add(total, a, b) is total
    torch.testing.assert_close(total.double(), exact + 1, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", list(ROUTES))
@pytest.mark.parametrize("transposed", [False, True])
def test_laid_out_for_many_products_a_matrix_is_the_same(name: str, transposed: bool) -> None:
    for columns in (24, 512):
        b = torch.randn(6, columns, generator=torch.Generator().manual_seed(1))
        b = b.t() if transposed else b
        assert torch.equal(ROUTES[name].laid_out(b), b)


def test_rows_a_page_apart_are_spread_and_others_stay_where_they_are() -> None:
    fitting, paged = torch.ones(6, 24), torch.ones(6, 1024)
    route = ROUTES[MKL]
    assert route.laid_out(fitting) is fitting
    assert route.laid_out(paged).stride() == (1040, 1)
    assert route.laid_out(paged.t()).stride() == (1, 1040)


@needs_onednn
def test_one_dnn_does_not_take_what_it_is_slow_or_wrong_with() -> None:
    route = ROUTES[ONEDNN]
    gaps = torch.ones(8, 16)[:, :8]
    assert not route.offered(gaps, gaps)
    assert not route.offered(torch.ones(8, 8).double(), torch.ones(8, 8).double())


def test_a_wrong_route_is_not_used_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(ROUTES, "onednn", Wrong())
    monkeypatch.setattr(logger(), "propagate", True)
    a, b = operands("plain")
    products = Products(matmul="onednn")
    with caplog.at_level(logging.WARNING):
        assert products.route("step", a, b) is ROUTES[MKL]
    assert "onednn" in caplog.text
    assert "step 40x24 24x72" in caplog.text


def test_a_probe_finds_what_depends_on_the_threads() -> None:
    a, b = operands("plain")
    found = probe([Wobbly()], a, b, (2, 3), choices._best)
    assert found[MKL].right
    assert not found[MKL].invariant
    assert torch.get_num_threads() == 1


class Counted(MklRoute):
    """A route that counts its products, and answers at once or after a while."""

    def __init__(self, name: str, clock: list[float], seconds: float) -> None:
        self.name, self.products, self._clock, self._seconds = name, 0, clock, seconds

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        self.products += 1
        self._clock[0] += self._seconds
        return super().multiply(a, b, out)


@pytest.mark.parametrize(("seconds", "taken", "other"), [(1e-3, 5 + 3, 5), (1.0, 1 + 1, 1)])
def test_a_probe_multiplies_as_rarely_as_it_can(
    seconds: float, taken: int, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("lyricterm.engine.products.probe.time.perf_counter", lambda: clock[0])
    fast, slow = Counted(MKL, clock, seconds), Counted(ONEDNN, clock, 2 * seconds)
    a, b = operands("plain")
    found = probe([fast, slow], a, b, (2, 3, 4), choices._best, (2,))
    assert (fast.products, slow.products) == (taken, other)
    assert (found[MKL].right, found[MKL].invariant) == (True, True)
    assert found[MKL].seconds == pytest.approx(seconds)
    assert not found[ONEDNN].invariant
    forced = Counted(ONEDNN, clock, seconds)
    assert probe([forced], a, b, (2, 3, 4), choices._best, (2,))[ONEDNN].invariant
    assert forced.products == 1 + (taken - other)


def test_a_probe_looks_at_the_next_route_if_the_best_is_wrong_or_wobbles() -> None:
    a, b = operands("plain")
    clock = [0.0]
    sound = Counted("sound", clock, 9.0)

    def first_but_sound(probes: Mapping[str, Probe]) -> str:
        return next((name for name in probes if name != "sound" and probes[name].invariant), "sound")

    found = probe([Wrong(), Wobbly(), sound], a, b, (2, 3), first_but_sound)
    assert {name: (one.right, one.invariant) for name, one in found.items()} == {
        ONEDNN: (False, False),
        MKL: (True, False),
        "sound": (True, True),
    }


def test_layers_of_one_shape_share_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(routes: Sequence[Route], a: Tensor, b: Tensor, *rest: Any) -> dict[str, Probe]:
        asked.append(f"{tuple(a.shape)} {a.stride()} {tuple(b.shape)} {b.stride()}")
        return probe(routes, a, b, *rest)

    monkeypatch.setattr(choices, "probe", counting)
    start(small(layers=3))
    assert len(asked) == len(set(asked))


def test_the_faster_route_multiplies_if_it_is_clearly_faster_and_invariant() -> None:
    def best(mkl: float, onednn: float, mkl_same: bool = True, onednn_same: bool = True) -> str:
        return choices._best({MKL: Probe(True, mkl_same, mkl), ONEDNN: Probe(True, onednn_same, onednn)})

    assert best(1.0, 0.6) == ONEDNN
    assert best(1.0, 0.8) == MKL
    assert best(1.0, 0.1, onednn_same=False) == MKL
    assert best(1.0, 5.0, mkl_same=False) == ONEDNN
    assert best(1.0, 5.0, mkl_same=False, onednn_same=False) == MKL
    assert choices._best({}) == MKL


class TestCache:
    def test_the_first_answer_holds_for_every_process(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "probes.json"
        first, second = ProbeCache((2,), path), ProbeCache((2,), path)
        ours, theirs = {MKL: Probe(True, True, 1.0)}, {MKL: Probe(True, False, 2.0)}
        assert first.keep("2x2", ours) == ours
        assert second.find("2x2") is None
        assert second.keep("2x2", theirs) == ours
        assert ProbeCache((2,), path).find("2x2") == ours
        assert ProbeCache((2, 4), path).find("2x2") is None

    @needs_onednn
    def test_a_route_that_was_wrong_is_tried_again_by_the_next_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        a, b = torch.ones(4, 8), torch.ones(8, 6)
        with monkeypatch.context() as today:
            today.setitem(ROUTES, ONEDNN, Wrong())
            assert Products((2,), ONEDNN).route("step", a, b).name == MKL
        assert Products((2,), ONEDNN).route("step", a, b).name == ONEDNN

    @pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"x": 3}', b"\xff", b"[" * 100_000])
    def test_a_damaged_file_counts_as_empty(self, damage: bytes, tmp_path: Path) -> None:
        path = tmp_path / "probes.json"
        path.write_bytes(damage)
        found = {MKL: Probe(True, True, 1.0)}
        cache = ProbeCache((2,), path)
        assert cache.find("2x2") is None
        assert cache.keep("2x2", found) == found
        assert ProbeCache((2,), path).find("2x2") == found

    @pytest.mark.parametrize("wrong", [3, [], {}, {MKL: 1}, {MKL: [True, True]}, {MKL: [True, True, "x"]}])
    def test_a_wrong_entry_counts_as_none(self, wrong: object, tmp_path: Path) -> None:
        path = tmp_path / "probes.json"
        path.write_text(json.dumps({probe_cache.machine((2,)): {"2x2": wrong}}))
        assert ProbeCache((2,), path).find("2x2") is None

    def test_it_does_not_grow_for_ever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probe_cache, "_MOST_SHAPES", 3)
        path = tmp_path / "probes.json"
        for threads in range(2, 14):
            cache = ProbeCache((threads,), path)
            for size in range(5):
                cache.keep(f"{size}x1", {MKL: Probe(True, True, 1.0)})
        saved = json.loads(path.read_text())
        assert len(saved) == probe_cache._MOST_MACHINES
        assert list(saved[probe_cache.machine((13,))]) == ["2x1", "3x1", "4x1"]

    def test_a_folder_that_cannot_be_written_stops_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        assert len(train(start(small()), 2)) == 2


class TestRuns:
    @needs_onednn
    @pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
    def test_every_route_trains_alike(self, cell: str) -> None:
        runs = [start(small(cell=cell, matmul=matmul)) for matmul in (MKL, ONEDNN, "auto")]
        assert {choice.route for choice in runs[0].arithmetic.choices.values()} == {MKL}
        assert ONEDNN in {choice.route for choice in runs[1].arithmetic.choices.values()}
        first, *others = (losses(epochs(run, 2)) for run in runs)
        for other in others:
            assert other == pytest.approx(first, rel=1e-4)

    @pytest.mark.usefixtures("only_mm")
    def test_a_product_that_torch_lacks_is_refused_in_one_sentence(self) -> None:
        with pytest.raises(RecipeError, match="no onednn matrix products; take --matmul auto, mkl") as caught:
            start(small(matmul=ONEDNN))
        assert caught.value.setting == "matmul"

    @pytest.mark.usefixtures("wobbly")
    @needs_onednn
    def test_auto_multiplies_by_what_does_not_depend_on_the_threads(self) -> None:
        trainer = start(small())
        assert {choice.route for choice in trainer.arithmetic.choices.values()} == {ONEDNN}
        assert trainer.arithmetic.threads is None

    @pytest.mark.usefixtures("wobbly", "only_mm")
    @pytest.mark.parametrize("sampling", ["random", "consecutive"])
    def test_where_all_depends_on_the_threads_their_number_stays(
        self, sampling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lyricterm.engine.cpu_threads.fixed_count", lambda multiplications: 3)
        trainer = start(small(sampling=sampling))
        assert trainer.arithmetic.threads == 3
        steps, counts = [], []
        path = tmp_path / "run.safetensors"
        for number in range(30):
            if number == 11:
                checkpoint.save(snapshot.capture(trainer), path)
            steps.append(trainer.step())
            counts.append(trainer.threads)
        assert set(counts) == {3}
        monkeypatch.setattr("lyricterm.engine.cpu_threads.fixed_count", lambda multiplications: 2)
        loaded = checkpoint.load(path)
        resumed = snapshot.resume(loaded, loaded.recipe, Corpus("test", TEXT, len(TEXT)))
        assert resumed.threads == 3
        assert losses(train(resumed, 19)) == losses(steps[11:])
        # That it would have mattered:
        other = start(small(sampling=sampling, threads="1"))
        assert losses(train(other, 30)) != losses(steps)

    @pytest.mark.usefixtures("wobbly", "only_mm")
    def test_new_shapes_that_depend_on_the_threads_fix_their_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Products.invariant
        monkeypatch.setattr(Products, "invariant", property(lambda products: len(products.choices) < 7))
        trainer = start(small())
        assert trainer.arithmetic.threads is None
        monkeypatch.setattr(Products, "invariant", whole)
        trainer.change({"batch": 3})
        epochs(trainer, 1)
        trainer.step()
        assert trainer.arithmetic.threads == trainer.threads

    def test_the_reference_engine_keeps_its_number_of_threads(self) -> None:
        trainer = start(small(engine="reference"))
        assert trainer.arithmetic.threads == trainer.threads
        assert trainer.arithmetic.choices == {}


class TestResume:
    @needs_onednn
    def test_the_recorded_routes_are_kept(self, tmp_path: Path) -> None:
        trainer = start(small(matmul=ONEDNN))
        steps = train(trainer, 5)
        saved = snapshot.capture(trainer)
        steps = train(trainer, 9)
        # As if auto had chosen them on another machine.
        checkpoint.save(replace(saved, recipe=small(), asked=small()), tmp_path / "run.safetensors")
        loaded = checkpoint.load(tmp_path / "run.safetensors")
        assert loaded.standing.arithmetic == trainer.arithmetic
        resumed = snapshot.resume(loaded, loaded.recipe, Corpus("test", TEXT, len(TEXT)))
        assert resumed.arithmetic == trainer.arithmetic
        assert losses(train(resumed, 9)) == losses(steps)

    @pytest.mark.usefixtures("only_mm")
    @pytest.mark.parametrize("matmul", ["auto", "onednn"])
    def test_a_route_that_is_not_here_any_more_is_said_once(self, matmul: str) -> None:
        trainer = start(small())
        train(trainer, 5)
        saved = snapshot.capture(trainer)
        recorded = {key: RouteChoice(ONEDNN, True) for key in saved.standing.arithmetic.choices}
        standing = replace(saved.standing, arithmetic=replace(saved.standing.arithmetic, choices=recorded))
        saved = replace(saved, standing=standing, recipe=small(matmul=matmul), asked=small(matmul=matmul))
        resumed = snapshot.resume(saved, saved.recipe, Corpus("test", TEXT, len(TEXT)))
        assert len(resumed.notices) == 1
        assert "onednn" in resumed.notices[0]
        assert losses(train(resumed, 9)) == pytest.approx(losses(train(trainer, 9)), rel=1e-4)

    def test_a_checkpoint_of_an_earlier_version_is_read(self) -> None:
        trainer = start(small())
        train(trainer, 5)
        header = json.loads(checkpoint_header.encode(checkpoint._header(snapshot.capture(trainer))))
        del header["matmul"], header["fixed_threads"], header["recipe"]["matmul"]
        read = checkpoint_header.read(header)
        assert read.arithmetic.choices == {}
        assert read.arithmetic.threads is None
        assert read.recipe.matmul == "auto"


SCRIPT = """
import json, sys
import lyricterm.engine, torch
from lyricterm.corpus.text import Corpus
from lyricterm.engine.trainer import Trainer
from lyricterm.core.settings import Recipe

text = "".join(chr(0x4E00 + i * i % 61) for i in range(700))
for matmul in ("mkl", "auto"):
    for cell in ("rnn", "gru", "lstm"):
        for hidden in (4, 8, 24, 40):
            runs = []
            for threads in ("1", "2", "3", "4"):
                recipe = Recipe(
                    hidden=hidden, cell=cell, batch=8, steps=5, device="cpu", lr=0.1, threads=threads, matmul=matmul
                )
                run = Trainer(recipe, Corpus("test", text, len(text)))
                claimed = all(choice.invariant for choice in run.arithmetic.choices.values())
                for _ in range(8):
                    run.step()
                runs.append(run.model.parameters.flat.clone())
            same = all(torch.equal(runs[0], other) for other in runs)
            print(json.dumps([matmul, cell, hidden, claimed, same]))
"""


@pytest.mark.parametrize("order", ["OFF", "AUTO,STRICT"])
def test_what_is_called_invariant_is_so_on_this_machine(order: str, tmp_path: Path) -> None:
    """Without MKL's fixed order of addition, many machines depend on the threads; then the probe must say so."""
    environment = os.environ | {"MKL_CBWR": order, "XDG_CACHE_HOME": str(tmp_path / order)}
    found = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(rows) == 2 * 3 * 4
    assert [row for row in rows if row[3] and not row[4]] == []
    if HAS_ONEDNN:
        assert [row for row in rows if row[0] == "auto" and not row[4]] == []
