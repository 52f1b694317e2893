"""On a CUDA device: captured graphs of every cell train as the CPU does, and bench waits for the device."""

from __future__ import annotations

import json

import pytest
import torch

from lyricterm.cli import main

from .runs import epochs, losses, small, start

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
    runs = [start(small(device=device, valid=0.2)) for device in ("cuda", "cpu")]
    for _epoch in range(2):
        scores = [run.validation.loss("tanh") for run in runs]
        assert scores[0] == pytest.approx(scores[1], rel=1e-4)
        for run in runs:
            epochs(run, 1)
