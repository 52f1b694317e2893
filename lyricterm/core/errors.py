"""Errors a person can do something about. Each carries one clear sentence, already translated."""

from __future__ import annotations

from lyricterm.core.sanitize import one_line


class LyrictermError(Exception):
    """What is wrong, where, and what to do, in one sentence that is safe to show whatever it names."""

    def __init__(self, sentence: str) -> None:
        super().__init__(one_line(sentence))


class UsageError(LyrictermError):
    """What was asked for cannot be; asked for on the command line, the program ends with code 2."""


class RecipeError(UsageError):
    """A setting that cannot be used."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(sentence)
        self.setting = setting


class DecodingError(UsageError):
    """A way of generating that cannot be used."""


class CorpusError(LyrictermError):
    """A text that cannot be read or learnt from."""


class StoppedError(LyrictermError):
    """Something that takes long was stopped by the person who waited for it."""


class CheckpointError(LyrictermError):
    """A checkpoint that cannot be read or written."""


class DeviceError(LyrictermError):
    """A device that is not there, or has no room."""


class OutOfMemoryError(DeviceError):
    """Memory that ran out while training; on a GPU the run can go on on the CPU."""


class RunError(LyrictermError):
    """A kept run that cannot be found, read or changed."""


class RunNameError(RunError, UsageError):
    """A name that no run has or can have, or that several runs have."""


class EncodingNameError(CorpusError, UsageError):
    """An encoding that there is none of."""


class ResumedSettingError(CheckpointError, UsageError):
    """A setting that a run has for its whole life."""


class ServeError(LyrictermError):
    """The lab cannot be served."""


class RanksError(LyrictermError):
    """Several processes that should train one run cannot."""


class SweepError(LyrictermError):
    """A sweep over settings that cannot be begun or gone on with."""


class ReportError(LyrictermError):
    """A page that cannot be written."""
