"""What a command trains, and where it is kept, as the command line says."""

from __future__ import annotations

import argparse
from functools import partial

from lyricterm.cli.checkpoint_source import checkpoint_of
from lyricterm.cli.flags import recipe_of, recipe_values
from lyricterm.core.errors import UsageError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.core.user_config import Config
from lyricterm.storage.run_store import Store
from lyricterm.storage.shared_runs import open_store
from lyricterm.training.resume import Prepare, fresh, reopen
from lyricterm.training.run_storage import RunStorage


def storage_of(namespace: argparse.Namespace) -> RunStorage:
    """How runs are kept: the person's folder and wishes."""
    config: Config = namespace.config
    return RunStorage(open_store(), config.autosave, config.budget)


def start_of(namespace: argparse.Namespace, store: Store) -> tuple[Recipe, Prepare]:
    """What to train, and what prepares it: a new run, or the one that ``--resume`` names."""
    source: str | None = getattr(namespace, "resume", None)
    best = getattr(namespace, "best", False)
    if best and source is None:
        raise UsageError(_("--best needs a run: --resume RUN --best goes on from the weights of its best epoch."))
    if getattr(namespace, "adapt", False):
        return _adapted(namespace, source, store)
    if source is None:
        return recipe_of(namespace), fresh
    return reopen(source, store, recipe_values(namespace), best=best)


def _adapted(namespace: argparse.Namespace, source: str | None, store: Store) -> tuple[Recipe, Prepare]:
    values = recipe_values(namespace)
    if source is None or "corpus" not in values:
        sentence = _("--adapt needs the model and the other text: --resume FILE|RUN|last --corpus PATH|NAME --adapt.")
        raise UsageError(sentence)
    from lyricterm.training.adapted import adapted

    path = checkpoint_of(source, store, best=getattr(namespace, "best", False))
    return Recipe().with_values(values), partial(adapted, path, values)
