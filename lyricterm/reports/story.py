"""A kept run with all that reports tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.core.run_data import Sample
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_log import Curve, latest, read_curve, read_samples
from lyricterm.storage.run_store import RunFolder


@dataclass(frozen=True)
class Story:
    """All that is exported of one run."""

    info: RunInfo
    curve: Curve
    samples: Sequence[Sample]

    @property
    def title(self) -> str:
        """What one calls it."""
        return self.info.spoken

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What lyrics were written for: of the default ones, what the text had in their place, if any was written."""
        asked = self.info.recipe.prefixes
        written = tuple(dict.fromkeys(sample.prefix for sample in latest(self.samples)))
        return written if written and asked == Recipe().prefixes else asked


def story_of(info: RunInfo) -> Story:
    """A kept run with its curve and its samples.

    Raises:
        RunError: if they cannot be read.
    """
    folder = RunFolder(info.folder)
    try:
        return Story(info, read_curve(folder.curve_file), read_samples(folder.samples_file))
    except OSError as error:
        sentence = _("The run {id} cannot be read: {reason}.")
        raise RunError(sentence.format(id=info.id, reason=error.strerror or error)) from error
