"""Means of numbers of which some may be infinite."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value. It overflows only if a value is infinite, however large the finite ones are."""
    if math.inf in values:
        return math.inf
    if any(math.isnan(value) for value in values):
        return math.nan
    try:
        average = math.fsum(values) / len(values)
    except OverflowError:
        # The sum of two perplexities may overflow where their mean does not.
        average = math.fsum(value / 2**32 for value in values) / len(values) * 2**32
    # Rounding must not take the mean beyond the values, of which one may be the largest float.
    return max(min(values), min(average, max(values)))


def geometric_mean(values: Sequence[float]) -> float:
    """Of perplexities, or other numbers that are not negative: NaN of none, infinite or else 0 if one is."""
    if not values:
        return math.nan
    if math.inf in values:
        return math.inf
    if 0 in values:
        return 0.0
    return math.exp(statistics.fmean(math.log(value) for value in values))
