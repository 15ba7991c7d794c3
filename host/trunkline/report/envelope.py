"""A day in as many points as a figure has pixels: nothing that stands out is lost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Envelope:
    """The smallest, mean and largest value in each bin.

    Attributes:
        time_s: (K,) middle of each bin, in seconds.
        low: (K,) smallest value; NaN where nothing is known.
        mean: (K,) mean of the known values.
        high: (K,) largest value.
    """

    time_s: FloatArray
    low: FloatArray
    mean: FloatArray
    high: FloatArray


def envelope(values: FloatArray, step_s: float, most_bins: int) -> Envelope:
    """Make at most `most_bins` bins of values that are `step_s` apart; NaN is "not known"."""
    starts = bin_starts(len(values), most_bins)
    known = np.isfinite(values)
    counts = np.add.reduceat(known.astype(np.int64), starts)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    mean = np.full(len(starts), np.nan)
    np.divide(sums, counts, out=mean, where=counts > 0)
    ends = np.append(starts[1:], len(values))
    return Envelope(
        time_s=(starts + ends) / 2 * step_s,
        low=np.fmin.reduceat(values, starts),  # fmin and fmax pass over NaN without a warning
        mean=mean,
        high=np.fmax.reduceat(values, starts),
    )


def bin_starts(count: int, most_bins: int) -> NDArray[np.int64]:
    """Give the first index of each of at most `most_bins` bins, none of them empty."""
    bins = min(count, most_bins)
    return np.arange(bins, dtype=np.int64) * count // bins


def runs(is_on: NDArray[np.bool_], step_s: float, most_bins: int) -> list[tuple[float, float]]:
    """Give (start_s, length_s) of each stretch of bins in which something is on.

    A bin counts as on when any of it is: a short event stays visible, and looks at most one bin
    longer than it was.
    """
    if len(is_on) == 0:
        return []
    starts = bin_starts(len(is_on), most_bins)
    edges_s = np.append(starts, len(is_on)) * step_s
    binned = np.logical_or.reduceat(is_on, starts).astype(np.int8)
    change = np.diff(np.concatenate(([0], binned, [0])))
    firsts, lasts = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [
        (float(edges_s[first]), float(edges_s[last] - edges_s[first]))
        for first, last in zip(firsts, lasts, strict=True)
    ]
