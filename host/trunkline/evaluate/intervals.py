"""95 % intervals: Wilson for shares, exact Poisson for counts in a time, bootstrap over runs.

Seconds of one run are no independent trials, so what is counted in seconds is drawn again by whole
runs; events are taken as independent.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]

_Z = 1.959964
_TAIL = 0.025
_DRAWS = 400


def wilson(hits: int, trials: int) -> Interval:
    """Give the Wilson score interval of a share; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    share, weight = hits / trials, _Z * _Z / trials
    middle = (share + weight / 2) / (1 + weight)
    spread = share * (1 - share) + weight / 4
    half = _Z * math.sqrt(spread / trials) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int, hours: float) -> Interval:
    """Give the exact (Garwood) interval of a rate per hour; (0, inf) without hours."""
    if not hours:
        return 0.0, math.inf
    low = 0.0
    if count:
        low = _root(lambda mean: 1 - _at_most(count - 1, mean) < _TAIL, count)
    high = _root(lambda mean: _at_most(count, mean) > _TAIL, count)
    return low / hours, high / hours


def bootstrap(counts: FloatArray, of: Callable[[FloatArray], float]) -> Interval:
    """Give the percentile interval of a figure of summed counts, runs drawn with replacement.

    Args:
        counts: One row a run.
        of: Makes the figure of the sum of rows.
    """
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(counts), (_DRAWS, len(counts)))
    figures = [of(counts[some].sum(axis=0)) for some in rows]
    low, high = np.nanpercentile(figures, [100 * _TAIL, 100 * (1 - _TAIL)])
    return float(low), float(high)


def hanley(auc: float, positives: int, negatives: int) -> Interval:
    """Give the interval of an area under the curve (Hanley and McNeil 1982)."""
    if not positives or not negatives:
        return 0.0, 1.0
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    half = _Z * math.sqrt(max(variance, 0.0) / (positives * negatives))
    return max(0.0, auc - half), min(1.0, auc + half)


def _at_most(count: int, mean: float) -> float:
    """Give the chance of at most so many events."""
    if mean <= 0:
        return 1.0
    terms = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1))
    return min(1.0, sum(math.exp(term) for term in terms))


def _root(is_below: Callable[[float], bool], count: int) -> float:
    low, high = 0.0, 10.0 + 3.0 * count
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low
