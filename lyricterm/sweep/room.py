"""Whether any machine has room for one run of a sweep: Ray would wait for one that has, for ever."""

from __future__ import annotations

from typing import Any

from lyricterm.core.i18n import _


def lacking(ray: Any, cpus: int, gpus: float) -> str:
    """A sentence on what no machine has that each run is to get; empty if one machine has it all."""
    found = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(each.get("CPU", 0) >= cpus and each.get("GPU", 0) >= gpus for each in found):
        return ""
    most_cpus = max((each.get("CPU", 0) for each in found), default=0)
    most_gpus = max((each.get("GPU", 0) for each in found), default=0)
    if gpus and not most_gpus:
        return _("No machine has a GPU that Ray finds, and each run is to get one: leave --gpus-each out.")
    if gpus > most_gpus:
        sentence = _("Each run is to get {count} GPUs, and no machine has as many; take --gpus-each {most} or less.")
        return sentence.format(count=f"{gpus:g}", most=f"{most_gpus:g}")
    if cpus > most_cpus:
        sentence = _(
            "Each run is to get {count} processors, and no machine has as many; take --cpus-each {most} or less."
        )
        return sentence.format(count=f"{cpus:,}", most=f"{max(most_cpus, 1):g}")
    sentence = _(
        "Each run is to get processors and GPUs ({cpus} and {gpus}), and no machine has as many of both; ask for less."
    )
    return sentence.format(cpus=f"{cpus:,}", gpus=f"{gpus:g}")
