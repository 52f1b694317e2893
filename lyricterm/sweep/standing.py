"""How far a run of a sweep has come, by what is on disk of it."""

from __future__ import annotations

import math
from dataclasses import replace

from lyricterm.core.run_status import RunStatus
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import Store
from lyricterm.sweep.news import DONE, News
from lyricterm.sweep.record import Sweep


def standing(news: News, folder: RunFolder, metric: str) -> News:
    """The news with the epochs of a run's folder and their values of a metric, which runs are judged by.

    Raises:
        OSError: if its curve is there but cannot be read.
    """
    rows = read_curve(folder.curve_file).epochs
    if not rows:
        return news
    values = [getattr(row, metric) for row in rows]
    best = min(filter(math.isfinite, values), default=math.nan)
    return replace(news, epoch=rows[-1].epoch, value=values[-1], best=best)


def known_of(sweep: Sweep, store: Store) -> dict[int, News]:
    """What is known of the runs that a sweep begun before has on disk, by their places."""
    known = {}
    for place, (run, outcome) in enumerate(zip(sweep.runs, sweep.outcomes, strict=True)):
        if not run:
            continue
        # Those that are not done are trained again.
        news = News(place, outcome if outcome in DONE else RunStatus.WAITING)
        try:
            news = standing(news, RunFolder(store.root / run), sweep.metric)
        except OSError:
            continue
        if news.epoch:
            known[place] = replace(news, value=math.inf) if outcome is RunStatus.DIVERGED else news
    return known
