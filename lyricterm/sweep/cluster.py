"""The machines that a sweep trains on: this one, or those of a Ray cluster."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from lyricterm import __version__
from lyricterm.core.errors import SweepError
from lyricterm.core.i18n import _
from lyricterm.core.interrupts import deaf, stops_at_once
from lyricterm.core.sanitize import one_line
from lyricterm.sweep.address import is_for_clients, knock
from lyricterm.sweep.ray_processes import RayProcesses

_QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}
"""Nothing is sent to anybody, and what Ray would tell is told here."""
_TRIES = 3
"""Times to ask a cluster to let us in; each takes Ray half a minute."""


def check_installed() -> None:
    """``SweepError`` unless Ray Tune is there."""
    if any(find_spec(name) is None for name in ("ray", "pandas", "pyarrow", "grpc")):
        raise SweepError(_("sweep needs its extra; install it with: pip install 'lyricterm[sweep]'"))


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, on this machine's processors alone or connected to the cluster at ``address``, if there is one.

    Raises:
        SweepError: if it does not answer, or one of its machines has not the same lyricterm.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", module="ray")
    import ray

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    ours = None if address else RayProcesses()
    try:
        with stops_at_once():
            _begin(ray, address, ours)
            # Ray has taken SIGTERM for itself.
            with stops_at_once():
                check_machines(ray)
                yield ray
    finally:
        with deaf():
            end = ray.shutdown if ours is None else partial(ours.end, ray)
            end()


def _begin(ray: Any, address: str, ours: RayProcesses | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        if ours is None:
            knock(address)
            _connect(ray, address, quiet)
        else:
            with ours.gathered():
                # An address of somebody's cluster in the environment is not asked for.
                local = {"address": "local", "include_dashboard": False, "num_cpus": usable_cpus()}
                ray.init(**local, _temp_dir=ours.folder, **quiet)
    except SweepError:
        raise
    except SystemExit as error:
        # So Ray ends at SIGTERM, from the moment on that it takes it for itself.
        raise KeyboardInterrupt from error
    except Exception as error:
        # What Ray raises is of many kinds, a bare Exception among them where a slow machine takes too long.
        shown = one_line(address)[:60]
        sentence = _("No cluster answers at {address}; begin one with ray start --head, or leave --address out.")
        here = _("Ray cannot begin here ({reason}); give the address of a cluster with --address.")
        reason = one_line(str(error))[:200]
        raise SweepError(sentence.format(address=shown) if address else here.format(reason=reason)) from error


def _connect(ray: Any, address: str, quiet: Mapping[str, Any]) -> None:
    """Raises ``ConnectionError``, as Ray does, if a cluster that listens there lets nobody in."""
    for left in reversed(range(_TRIES if is_for_clients(address) else 1)):
        try:
            ray.init(address=address, **quiet)
            return
        except ConnectionError:
            # A cluster that has just begun, or a busy one, may not serve its first clients.
            if not left:
                raise
            ray.shutdown()


def usable_cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions() -> dict[str, str]:
    """What must be the same on all machines."""
    return {"lyricterm": __version__, "torch": version("torch").partition("+")[0]}


def check_machines(ray: Any) -> None:
    """Ask every machine for its versions.

    Raises:
        SweepError: if one has others than this one, or lacks the program.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ours = versions()
    nodes = [node for node in ray.nodes() if node["Alive"]]
    asked = [
        ray.remote(versions)
        .options(
            num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        )
        .remote()
        for node in nodes
    ]
    for node, answer in zip(nodes, asked, strict=True):
        machine = one_line(str(node.get("NodeManagerHostname") or node.get("NodeManagerAddress")))
        try:
            theirs = ray.get(answer)
        except ray.exceptions.RayError as error:
            sentence = _("The machine {machine} of the cluster cannot use lyricterm {version}; install it there.")
            raise SweepError(sentence.format(machine=machine, version=__version__)) from error
        different = [name for name in ours if theirs[name] != ours[name]]
        if different:
            sentence = _(
                "The machine {machine} of the cluster has {name} {theirs}, this one {ours}; make them the same."
            )
            name = different[0]
            raise SweepError(sentence.format(machine=machine, name=name, theirs=theirs[name], ours=ours[name]))
