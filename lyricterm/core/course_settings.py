"""The settings that say how long a run learns, how it ends and from which seed it begins."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.i18n import N_
from lyricterm.core.learning_settings import LearningSettings
from lyricterm.core.setting import Applies, setting


@dataclass(frozen=True)
class CourseSettings(LearningSettings):
    """The part of a recipe that decides the course of a run. The defaults are the chapter's."""

    epochs: int = setting(
        200,
        label=N_("epochs"),
        help=N_("how many times to go through the text"),
        applies=Applies.AT_ONCE,
        flag="--epochs",
        metavar="N",
        low=1,
        high=10_000_000,
    )
    keep: str = setting(
        "last",
        label=N_("keep"),
        help=N_(
            "which weights a finished run has: of the last epoch, or of the best on held-out text (else training text)"
        ),
        applies=Applies.AT_ONCE,
        flag="--keep",
        choices=("last", "best"),
    )
    patience: int = setting(
        0,
        label=N_("patience"),
        help=N_("finish after this many epochs without a better one on held-out text (else training text); 0: never"),
        applies=Applies.AT_ONCE,
        flag="--patience",
        metavar="N",
        low=0,
        high=10_000_000,
    )
    seed: int = setting(
        0,
        label=N_("seed"),
        help=N_("the random seed of the initial weights and of the shuffling"),
        applies=Applies.NEW_RUN,
        flag="--seed",
        metavar="N",
        low=0,
        high=2**63 - 1,
    )
