"""Trains what a sweep has to do with Ray Tune, and keeps what comes back, in the thread that calls it."""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lyricterm.core.errors import SweepError
from lyricterm.core.i18n import _, translator
from lyricterm.core.log import logger
from lyricterm.core.paths import log_file
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import AUTO, Recipe
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_log import read_curve
from lyricterm.sweep.asha import rungs, scheduler
from lyricterm.sweep.cluster import connected
from lyricterm.sweep.news import DONE
from lyricterm.sweep.receiver import Receiver
from lyricterm.sweep.record import Sweep
from lyricterm.sweep.room import lacking
from lyricterm.sweep.trial_session import Task
from lyricterm.training.run_storage import RunStorage

if TYPE_CHECKING:
    from lyricterm.corpus.text import Corpus

LOOK_EVERY = 0.25
"""Seconds between two looks into the mailbox."""
_TRIES = 5
"""Times that a run whose machine is lost is begun again."""


@dataclass(frozen=True)
class Machines:
    """Where to train, and what each run gets."""

    address: str = ""
    """Of a cluster; empty for this machine alone."""
    cpus: int = 1
    gpus: float = 0.0


def fitted(recipe: Recipe, machines: Machines) -> Recipe:
    """A run's settings with what each run gets, where they leave it open."""
    threads = str(machines.cpus) if recipe.threads == AUTO else recipe.threads
    # Ray shares out the GPUs: a run that gets none keeps off them, or all at once would fill the first one's memory.
    device = "cpu" if recipe.device == AUTO and not machines.gpus else recipe.device
    return recipe.with_values({"threads": threads, "device": device})


class Watcher(Protocol):
    """Whoever is told how a sweep goes."""

    def begin(self, receiver: Receiver) -> None:
        """The machines are there, and runs begin."""

    def watch(self, receiver: Receiver) -> None:
        """A few times a second, with what is known."""

    def note(self, sentence: str) -> None:
        """Something that a person should know."""


class Search:
    """One sweep, from where it stands to its end."""

    def __init__(self, sweep: Sweep, storage: RunStorage, machines: Machines, watcher: Watcher) -> None:
        """Set up."""
        self._storage, self._machines, self._watcher = storage, machines, watcher
        self._receiver = Receiver(sweep, storage)
        self._ended = False
        self._mailbox: Any = None

    @property
    def receiver(self) -> Receiver:
        """What has come so far."""
        return self._receiver

    @property
    def ended(self) -> bool:
        """It was told to end."""
        return self._ended

    def end(self) -> None:
        """End all runs after their minibatches under way; safe from a signal handler."""
        self._ended = True

    def run(self, texts: list[Corpus], guard: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Train until all runs are over or ``end`` is called.

        Args:
            texts: those of the planned runs.
            guard: is open while runs are trained: it handles signals, which Ray wants for itself when it begins.

        Raises:
            SweepError: if the cluster cannot be used, or is lost; what has come is kept.
        """
        with connected(self._machines.address) as ray:
            self._check_room(ray)
            self._watcher.begin(self._receiver)
            try:
                with guard():
                    self._search(ray, texts)
            finally:
                self._receiver.close()

    def _check_room(self, ray: Any) -> None:
        sentence = lacking(ray, self._machines.cpus, self._machines.gpus)
        if not sentence:
            return
        if not self._machines.address:
            raise SweepError(sentence)
        # A cluster may grow when more is asked of it than it has.
        self._watcher.note(sentence)

    def _search(self, ray: Any, texts: list[Corpus]) -> None:
        from lyricterm.sweep.trial import begin_mailbox

        sweep = self._receiver.sweep
        before = _before(sweep, self._storage)
        judged: dict[tuple[int, int], float] = {}
        for place, values in before.items():
            for epoch, value in values.items():
                key = sweep.choices[place], epoch
                judged[key] = min(value, judged.get(key, value))
        self._mailbox = begin_mailbox(self._receiver.begun(), judged)
        folder = tempfile.mkdtemp(prefix="lyricterm-tune-")
        losses = [{epoch: math.log(value) for epoch, value in values.items()} for values in before.values()]
        tuner = self._tuner(sweep, _references(ray, texts), folder, losses)
        problems: list[Exception] = []
        fitting = threading.Thread(target=_fit, args=(tuner, problems), name="tune", daemon=True)
        fitting.start()
        told = False
        try:
            while fitting.is_alive():
                if self._ended and not told:
                    told = True
                    ray.get(self._mailbox.end.remote())
                self._look(ray)
                fitting.join(LOOK_EVERY)
            self._look(ray)
        except ray.exceptions.RayError as error:
            problems.append(error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._finish(problems)

    def _look(self, ray: Any) -> None:
        self._receiver.take(ray.get(self._mailbox.take.remote()))
        self._watcher.watch(self._receiver)

    def _finish(self, problems: list[Exception]) -> None:
        self._receiver.lose()
        self._watcher.watch(self._receiver)
        if problems:
            logger().warning("the sweep was lost: %r", problems[0])
            sentence = _(
                "The sweep stopped ({kind}); the log in {path} has the details. The results so far are saved; "
                "go on with: lyricterm sweep --resume {name}"
            )
            kind, path = type(problems[0]).__name__, one_line(str(log_file()))
            raise SweepError(sentence.format(kind=kind, path=path, name=self._receiver.sweep.id))

    def _tuner(self, sweep: Sweep, texts: list[Any], folder: str, before: Iterable[Mapping[int, float]]) -> Any:
        from ray import tune

        from lyricterm.sweep.trial import EndsWithMailbox, Trial

        epochs = max(planned.recipe.epochs for planned in sweep.planned)
        trainable = tune.with_parameters(
            Trial,
            tasks=[self._task(sweep, place) for place in range(len(sweep.planned))],
            texts=texts,
            mailbox=self._mailbox,
            language=translator.language,
        )
        each = {"cpu": self._machines.cpus, "gpu": self._machines.gpus}
        return tune.Tuner(
            tune.with_resources(trainable, each),
            param_space={"place": tune.grid_search(list(sweep.to_do))},
            tune_config=tune.TuneConfig(scheduler=scheduler(epochs, before))
            if sweep.stops
            else tune.TuneConfig(metric="loss", mode="min"),
            run_config=tune.RunConfig(
                storage_path=folder,
                name="sweep",
                verbose=0,
                # The mailbox has what a run that lost its machine goes on from.
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                stop=EndsWithMailbox(self._mailbox),
                failure_config=tune.FailureConfig(max_failures=_TRIES),
            ),
        )

    def _task(self, sweep: Sweep, place: int) -> Task:
        recipe = fitted(sweep.planned[place].recipe, self._machines)
        judged = rungs(recipe.epochs) if sweep.stops else ()
        return Task(place, sweep.choices[place], recipe, sweep.metric, judged, self._storage.interval)


def _fit(tuner: Any, problems: list[Exception]) -> None:
    try:
        tuner.fit()
    except Exception as error:
        problems.append(error)


def _references(ray: Any, texts: list[Corpus]) -> list[Any]:
    """Each text is put into the cluster once."""
    put = {id(text): ray.put(text) for text in texts}
    return [put[id(text)] for text in texts]


def _before(sweep: Sweep, storage: RunStorage) -> dict[int, dict[int, float]]:
    """Of the runs that are done, by their places: the values with which they were judged, by the epochs."""
    found = {}
    runs = zip(sweep.planned, sweep.outcomes, sweep.runs, strict=True)
    for place, (planned, outcome, run) in enumerate(runs):
        if outcome in DONE and run and sweep.stops:
            try:
                curve = read_curve(RunFolder(storage.store.root / run).curve_file)
            except OSError:
                continue
            values = {row.epoch: getattr(row, sweep.metric) for row in curve.epochs}
            judged = rungs(planned.recipe.epochs)
            found[place] = {epoch: values[epoch] for epoch in judged if 0 < values.get(epoch, math.nan) < math.inf}
    return found
