"""Numbers as people read them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

from lyricterm.core.i18n import N_, _
from lyricterm.core.mean import geometric_mean
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Value, show

INFINITY = "∞"
NOTHING = "–"

CHOICES = {
    "random": N_("random"),
    "consecutive": N_("consecutive"),
    "tanh": "tanh",
    "relu": "ReLU",
    "nfc": "NFC",
    "raw": N_("raw"),
    "space": N_("space"),
    "keep": N_("keep"),
    "lower": N_("lower-case"),
    "simplified": N_("simplified"),
    "traditional": N_("traditional"),
}


def figure(value: float) -> str:
    """Two significant digits at least: 2.31, 73.7, 412, 1,489, 6.9×10⁹, 0.0043."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return INFINITY if value > 0 else f"-{INFINITY}"
    size = abs(value)
    if size >= 9_999_999.5 or 0 < size < 9.95e-4:
        return scientific(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.0995 or not size else f"{value:#.2g}"


def ratio(value: float) -> str:
    """How many times as large one number is as another, never rounded to 1 where it is not: 1.536, 1.00032, 97.0."""
    excess = abs(value - 1)
    if not math.isfinite(value) or value >= 9.9995:
        return figure(value)
    digits = 3 if excess >= 0.0005 or excess < 1e-9 else 1 - math.floor(math.log10(excess))
    return f"{value:.{digits}f}"


def spread(values: Iterable[float]) -> str:
    """Of runs that differ in their seed, the geometric mean of a positive number and its range: 73.7 (71.9–75.1)."""
    known = [value for value in values if not math.isnan(value)]
    mean = figure(geometric_mean(known))
    ends = [figure(end(known, default=math.nan)) for end in (min, max)]
    return mean if ends[0] == ends[1] else f"{mean} ({ends[0]}–{ends[1]})"


def percent_spread(fractions: Iterable[float]) -> str:
    """Of runs that differ in their seed, the mean of a fraction and its range: 41 % (38–45 %)."""
    known = [value for value in fractions if not math.isnan(value)]
    if not known:
        return NOTHING
    ends = min(known), math.fsum(known) / len(known), max(known)
    low, mean, high = (percent(value) for value in ends)
    if high == percent(1) and ends[2] < 1:
        # Whole percents would say that nothing is left.
        low, mean, high = (f"{100 * value:.1f} %" for value in ends)
    return mean if low == high else f"{mean} ({low.removesuffix(' %')}–{high})"


def count_range(counts: Iterable[int | None]) -> str:
    """Of runs that differ in their seed, the least and the largest count that is known: 9–12."""
    known = [count for count in counts if count is not None]
    if not known:
        return NOTHING
    low, high = f"{min(known):,}", f"{max(known):,}"
    return low if low == high else f"{low}–{high}"


def scientific(value: float, digits: int = 2) -> str:
    """A finite number with a power of ten and so many significant digits: 1.4×10⁴⁸."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(fraction: float) -> str:
    """A fraction as a whole number of percent: 50 %."""
    return f"{100 * fraction:.0f} %" if math.isfinite(fraction) else figure(fraction)


def clock(seconds: float) -> str:
    """0:31, 12:05, 1:02:03; days beyond that."""
    whole = int(min(seconds, 1e9) + 0.5)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return _("{days} days").format(days=hours // 24)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def rough(seconds: float) -> str:
    """A time as one says it before it has passed: 40 s, 4 min, 1 h 20 min."""
    if math.isnan(seconds):
        return NOTHING
    if seconds < 55:
        return _("{count} s").format(count=max(1, round(seconds / 5) * 5 if seconds > 10 else round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("{count} min").format(count=minutes)
    hours, rest = divmod(round(minutes / 5) * 5, 60)
    return (
        _("{hours} h {minutes} min").format(hours=hours, minutes=rest) if rest else _("{hours} h").format(hours=hours)
    )


def epoch_at(done: float, minibatch: int = 0) -> int:
    """How a moment's epoch is called everywhere: the one under way, counted from 1, or, between two, the one just done.

    Args:
        done: epochs done.
        minibatch: minibatches done in the epoch under way.
    """
    return int(done) + (minibatch > 0)


def epoch_of_change(done: float) -> int:
    """The epoch, counted from 1, in which a change took effect with so many epochs done, the fraction included."""
    return int(done) + 1


def moment(then: float, now: float) -> str:
    """A time of today as 14:05, of another day as 2026-11-23 14:05; both are seconds since 1970."""
    days = [time.strftime("%Y-%m-%d", time.localtime(when)) for when in (then, now)]
    clock_time = time.strftime("%H:%M", time.localtime(then))
    return clock_time if days[0] == days[1] else f"{days[0]} {clock_time}"


def setting_value(value: Value) -> str:
    """A value of the recipe as the screen shows it."""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, str) and value in CHOICES:
        return _(CHOICES[value])
    return one_line(show(value))
