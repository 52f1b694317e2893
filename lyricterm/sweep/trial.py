"""A run of a sweep, as Ray Tune calls it in a process of its own on any machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ray
from ray import tune

from lyricterm.core.i18n import translator
from lyricterm.sweep.mailbox import Mailbox
from lyricterm.sweep.news import News
from lyricterm.sweep.packed_run import PackedRun
from lyricterm.sweep.trial_session import TrialSession

WORST = 1e6
"""Nats per character, in place of infinity, with which Tune cannot compare."""


class RayPost:
    """The mailbox, through Ray."""

    def __init__(self, mailbox: Any) -> None:
        self._mailbox = mailbox

    def put(self, news: News) -> bool:
        """See ``Mailbox``."""
        return bool(ray.get(self._mailbox.put.remote(news)))

    def latest(self, place: int) -> PackedRun | None:
        """See ``Mailbox``."""
        found: PackedRun | None = ray.get(self._mailbox.latest.remote(place))
        return found

    def has_ended(self) -> bool:
        """See ``Mailbox``."""
        return bool(ray.get(self._mailbox.has_ended.remote()))

    def judge(self, choice: int, epoch: int, value: float) -> float:
        """See ``Mailbox``."""
        return float(ray.get(self._mailbox.judge.remote(choice, epoch, value)))


class Trial(tune.Trainable):  # type: ignore[misc]
    """Each ``step`` trains to where the run is judged."""

    def setup(self, config: dict[str, Any], tasks: Any, texts: Any, mailbox: Any, language: str) -> None:
        """Begin; ``texts`` are references to texts, one for each task."""
        translator.use(language)
        place = config["place"]
        self._session = TrialSession(tasks[place], ray.get(texts[place]), RayPost(mailbox))

    def step(self) -> dict[str, Any]:
        """Train on; Tune judges by the loss, the logarithm of a perplexity."""
        judged = self._session.to_next()
        loss = math.log(judged.value) if 0 < judged.value < math.inf else WORST
        return {"epoch": max(1, judged.epoch), "loss": loss, "done": judged.done}

    def cleanup(self) -> None:
        """End, for whatever reason, and send what there is."""
        self._session.end()


class EndsWithMailbox(tune.Stopper):  # type: ignore[misc]
    """Ends the sweep once the mailbox says so."""

    def __init__(self, mailbox: Any) -> None:
        self._post = RayPost(mailbox)

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No run by itself."""
        return False

    def stop_all(self) -> bool:
        """Whether nothing is to begin any more."""
        return self._post.has_ended()


def begin_mailbox(begun: dict[int, PackedRun], judged: Mapping[tuple[int, int], float]) -> Any:
    """A mailbox on the machine that the sweep is begun on, or whose cluster answers for it."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=here).remote(begun, judged)
