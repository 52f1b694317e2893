"""On a CUDA device: captured graphs of every cell train as the CPU does, and bench waits for the device."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lyricterm.cli import main
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.products.routes import MKL, ROUTES
from lyricterm.engine.products.triton_route import TRITON

from .runs import TEXT, epochs, losses, small, start

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_cuda_graphs_train_as_the_cpu_does(cell: str, sampling: str) -> None:
    values = {"cell": cell, "sampling": sampling, "theta": 1.0}
    on_gpu, on_cpu = (start(small(device=device, **values)) for device in ("cuda", "cpu"))
    assert on_gpu.burst > 1
    assert losses(epochs(on_gpu, 3)) == pytest.approx(losses(epochs(on_cpu, 3)), rel=1e-3)
    assert on_gpu.notices == []
    torch.testing.assert_close(on_gpu.model.parameters.flat.cpu(), on_cpu.model.parameters.flat, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("workload", ["default", "gru", "lstm"])
def test_bench_on_cuda(workload: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json", "--workload", workload, "--rounds", "2", "--device", "cuda"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert all(row["device"].startswith("cuda") for row in rows.values())
    # A bound that is timed without waiting for the device would be far below what the products can take.
    assert 1 < rows["lyricterm"]["ratio_to_bound"] < 100


def test_held_out_text_is_scored_by_a_graph_as_the_cpu_scores_it() -> None:
    runs = [start(small(device=device, valid="0.2")) for device in ("cuda", "cpu")]
    for _epoch in range(2):
        scores = [run.validation.loss("tanh") for run in runs]
        assert scores[0] == pytest.approx(scores[1], rel=1e-4)
        for run in runs:
            epochs(run, 1)


@pytest.mark.parametrize(
    ("rows", "depth", "columns"), [(1, 1, 1), (32, 256, 256), (32, 64, 1024), (17, 65, 33), (64, 300, 7)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_our_kernel_multiplies_as_float64_does(rows: int, depth: int, columns: int, transposed: bool) -> None:
    torch.manual_seed(0)
    a = torch.randn(rows, depth, device="cuda")
    b = torch.randn(columns, depth, device="cuda").t() if transposed else torch.randn(depth, columns, device="cuda")
    total = torch.randn(rows, columns, device="cuda")
    route = ROUTES[TRITON]
    assert route.offered(a, b)
    exact = a.double() @ b.double()
    torch.testing.assert_close(route.multiply(a, b).double(), exact, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(route.multiply(a, route.laid_out(b)), route.multiply(a, b), rtol=0, atol=0)
    added = route.add(total.clone(), a, b)
    torch.testing.assert_close(added.double(), total.double() + exact, rtol=1e-5, atol=1e-4)


THIN = {"rnn": {"step", "step back"}, "lstm": {"step", "step back"}}
THIN["gru"] = {"gates", "candidate", "gates back", "candidate back"}


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_is_recorded_goes_by_our_kernel_and_a_resumed_run_keeps_it(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    whole, half = (start(small(device="cuda", cell=cell, matmul=TRITON)) for _run in range(2))
    routes = dict(half.arithmetic.routes)
    assert {name for name, route in routes.items() if route == TRITON} >= {f"cuda {name}" for name in THIN[cell]}
    steps = epochs(whole, 4)
    epochs(half, 2)
    checkpoint.save(snapshot.capture(half), path)
    loaded = checkpoint.load(path)
    resumed = snapshot.resume(loaded, loaded.recipe, Corpus("test", TEXT, len(TEXT)))
    assert losses(epochs(resumed, 2)) == losses(steps)[-2 * resumed.minibatches :]
    assert dict(resumed.arithmetic.routes) == routes


def test_mm_is_taken_where_it_is_asked_for() -> None:
    run = start(small(device="cuda", hidden=256, matmul=MKL))
    epochs(run, 1)
    assert set(dict(run.arithmetic.routes).values()) == {MKL}


def test_a_kernel_that_cannot_be_compiled_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*operands: object) -> None:
        raise OSError("there is no C compiler")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("lyricterm.engine.products.triton_kernel.add_product", broken)
    run = start(small(device="cuda", hidden=256, matmul=TRITON))
    epochs(run, 1)
    assert set(dict(run.arithmetic.routes).values()) == {MKL}
    assert run.notices == []
