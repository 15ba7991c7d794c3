"""Samples that are no numbers: short holes are held, long ones become gaps in time.

Nothing is refused for a hole while anything is left, and nothing is invented: what cannot be held
is left out, counted, and behind it all times stay right.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import LONGEST_HELD_GAP_S, Quality, hold_short_gaps, runs

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def mend(
    acc: FloatArray,
    gyr: FloatArray | None,
    rate_hz: float,
    gaps: Sequence[Gap],
    quality: Quality,
) -> tuple[FloatArray, FloatArray | None, tuple[Gap, ...], Quality, int]:
    """Hold holes of up to 0.1 s, leave out longer ones as gaps.

    Args:
        acc: (N, 3), may hold not-a-number and infinity.
        gyr: Likewise, or None.
        rate_hz: Samples a second.
        gaps: Where samples are missing already.
        quality: What was counted so far.

    Returns:
        What is left of both, all gaps, the counts, and how many vectors were held.

    Raises:
        InputError: No finite sample at all.
    """
    is_bad: BoolArray = np.logical_not(np.isfinite(acc).all(axis=1))
    if gyr is not None:
        is_bad |= np.logical_not(np.isfinite(gyr).all(axis=1))
    if is_bad.all():
        raise InputError(
            found=f"{len(acc)} samples, none of them finite",
            expected="numbers",
            hint="export the recording again",
        )
    is_kept = _kept(is_bad, rate_hz)
    if not is_kept.all():
        gaps, quality = _cut(is_kept, rate_hz, gaps, quality)
        acc = acc[is_kept]
        gyr = None if gyr is None else gyr[is_kept]
    acc, held = hold_short_gaps(acc, rate_hz, "acc_m_s2")
    if gyr is not None:
        gyr, held_gyr = hold_short_gaps(gyr, rate_hz, "gyr_rad_s")
        held += held_gyr
    return acc, gyr, tuple(gaps), quality, held


def _kept(is_bad: BoolArray, rate_hz: float) -> BoolArray:
    is_kept = np.ones(len(is_bad), dtype=np.bool_)
    longest = max(1, round(LONGEST_HELD_GAP_S * rate_hz))
    for start, end in zip(*runs(is_bad), strict=True):
        if end - start > longest:
            is_kept[start:end] = False
    return is_kept


def _cut(
    is_kept: BoolArray, rate_hz: float, gaps: Sequence[Gap], quality: Quality
) -> tuple[tuple[Gap, ...], Quality]:
    """Turn what is left out into gaps; at either end there is nothing to keep time for."""
    before = np.concatenate([[0], np.cumsum(is_kept)])
    lost_s: dict[int, float] = {}
    starts, ends = runs(np.logical_not(is_kept))
    for at, seconds in (
        *((int(gap.at), gap.lost_s) for gap in gaps),
        *((int(end), (end - start) / rate_hz) for start, end in zip(starts, ends, strict=True)),
    ):
        lost_s[int(before[at])] = lost_s.get(int(before[at]), 0.0) + float(seconds)
    count = int(before[-1])
    inner = tuple(Gap(at, lost_s[at]) for at in sorted(lost_s) if 0 < at < count)
    left_out = len(is_kept) - count
    sentence = (
        f"{left_out} samples ({left_out / rate_hz:.2f} s) are not finite and were left out as lost"
    )
    ends_s = [lost_s.get(0, 0.0), lost_s.get(count, 0.0)]
    if any(ends_s):
        sentence += (
            f"; {ends_s[0]:.2f} s of it before the first and {ends_s[1]:.2f} s after the last"
        )
    return inner, replace(
        quality,
        gap_count=quality.gap_count + len(starts),
        gap_s=quality.gap_s + left_out / rate_hz,
        warnings=(*quality.warnings, sentence),
    )
