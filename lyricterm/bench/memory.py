"""Peak memory of one contender, measured in a process of its own.

``python -m lyricterm.bench.memory WORKLOAD NAME DEVICE THREADS`` prints it in MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path


def peak_mb(workload: str, name: str, device: str, threads: int) -> float:
    """Peak memory of a contender in MB beyond torch itself; NaN if the process fails."""
    command = [sys.executable, "-m", "lyricterm.bench.memory", workload, name, device, str(threads)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(told.stdout) if told.returncode == 0 else float("nan")


def main(workload: str, name: str, device: str, threads: str) -> None:
    """Warm torch up, run the contender for a while, print how much the peak grew."""
    import torch

    from lyricterm.bench import generation
    from lyricterm.bench.contenders import contenders_of
    from lyricterm.bench.workloads import COMPLETION, TRAINING

    torch.set_num_threads(int(threads))
    torch.randn(64, 64) @ torch.randn(64, 64)
    before = _peak()
    if workload == COMPLETION:
        write = generation.WRITERS[name](generation.learnt(device))
        write()
    else:
        measured = TRAINING[workload]
        contenders_of(measured)[name](measured, device).train(2 * measured.minibatches)
    grown = torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else _peak() - before
    print(grown)


def _peak() -> float:
    """Peak resident memory in MB. Linux's ru_maxrss would count what the parent process had."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
