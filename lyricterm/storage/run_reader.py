"""One run, as its folder says it stands."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Container
from dataclasses import replace
from typing import Any

from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.strict_json import decoded
from lyricterm.storage.atomic_write import read_regular
from lyricterm.storage.lock import holder, last_is_gone, signed_holder
from lyricterm.storage.run_folder import CHECKPOINT, EXERCISE, LOCK, NAME, PIN, RunFolder
from lyricterm.storage.run_info import FORMAT, RunInfo, from_dict
from lyricterm.storage.run_names import MAX_NAME, checked_name

_MAX_RECORD = 1 << 20


def read_run(folder: RunFolder) -> RunInfo:
    """The run in a folder.

    Raises:
        RunError: if it cannot be read.
    """
    files = _files(folder)
    plain, running = _record(folder), _is_running(folder, files)
    if plain.get("state") == RunStatus.TRAINING.value and not running:
        # It may have begun or ended between the two looks.
        files = _files(folder)
        plain, running = _record(folder), _is_running(folder, files)
    try:
        info = from_dict(folder.id, folder.path, plain)
    except ValueError as error:
        raise RunError(_damaged(folder)) from error
    checkpoint = folder.checkpoint_file
    has_checkpoint = CHECKPOINT in files and checkpoint.is_file()
    unseen = info.status is RunStatus.TRAINING and not running
    return replace(
        info,
        status_on_disk=info.status,
        status=RunStatus.INTERRUPTED if unseen else info.status,
        pinned=PIN in files and folder.pin_file.exists(),
        name=_name(folder) if NAME in files else "",
        exercise=_exercise(folder) if EXERCISE in files else "",
        running=running,
        trained_by=_trainer(folder) if running else "",
        trainer_is_gone=unseen and last_is_gone(folder.lock_file),
        size=sum(files.values()),
        checkpoint=checkpoint if has_checkpoint else None,
    )


def _name(folder: RunFolder) -> str:
    """What stands in the name file, whoever wrote it; empty if it is no name."""
    try:
        return checked_name(read_regular(folder.name_file, 4 * MAX_NAME + 2).decode())
    except (OSError, ValueError, RunError):
        return ""


def _exercise(folder: RunFolder) -> str:
    try:
        return one_line(read_regular(folder.exercise_file, MAX_NAME).decode().strip())
    except (OSError, ValueError):
        return ""


def _is_running(folder: RunFolder, files: Container[str]) -> bool:
    return LOCK in files and holder(folder.lock_file) is not None


def _trainer(folder: RunFolder) -> str:
    """Who trains the run, in words; empty if they have not said."""
    found = signed_holder(folder.lock_file)
    if found is None or not found.pid:
        return ""
    return f"{found.who}, {found.pid}" if found.who else str(found.pid)


def _files(folder: RunFolder) -> dict[str, int]:
    """The names of all files, each with its bytes: one look instead of one for each file that a run may have."""
    files = {}
    try:
        with os.scandir(folder.path) as entries:
            for entry in entries:
                # One that goes meanwhile is left out.
                with contextlib.suppress(OSError):
                    files[entry.name] = entry.stat(follow_symlinks=False).st_size
    except OSError:
        # Where the folder cannot be listed, each is looked for by itself.
        return {path.name: 0 for path in folder.known_files}
    return files


def _record(folder: RunFolder) -> dict[str, Any]:
    try:
        plain = decoded(read_regular(folder.run_file, _MAX_RECORD))
    except FileNotFoundError as error:
        sentence = _("The run {id} has no run.json; delete {path} if you do not need what is in that folder.")
        raise RunError(sentence.format(id=folder.id, path=one_line(str(folder.path)))) from error
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.EINVAL):
            raise RunError(_damaged(folder)) from error
        sentence = _("The run {id} cannot be read: {reason}.")
        raise RunError(sentence.format(id=folder.id, reason=error.strerror or error)) from error
    except ValueError as error:
        raise RunError(_damaged(folder)) from error
    number = plain.get("format") if isinstance(plain, dict) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise RunError(_damaged(folder))
    if number > FORMAT:
        raise RunError(
            _("The run {id} was saved by a newer lyricterm; update lyricterm to use it.").format(id=folder.id)
        )
    if number < FORMAT:
        sentence = _("The run {id} was saved by an older lyricterm, whose format this one does not read.")
        raise RunError(sentence.format(id=folder.id))
    return dict(plain)


def _damaged(folder: RunFolder) -> str:
    sentence = _("The run {id} cannot be read because its run.json is damaged; delete {path} if you do not need it.")
    return sentence.format(id=folder.id, path=one_line(str(folder.path)))
