"""What a time column says: the true rate, rows out of order, gaps and jitter."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import Intervals, Quality

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# A step of this many samples or more misses one; below, it is jitter.
GAP_STEPS = 1.75
RATE_TOLERANCE = 0.02
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True)
class TimeColumn:
    """Hold what a time column says.

    Attributes:
        rate_hz: Samples a second, without the gaps.
        is_kept: Which rows are in order, (N,).
        quality: The counts so far, with those of the time column.
        gaps: Where the kept rows miss samples.
    """

    rate_hz: float
    is_kept: BoolArray
    quality: Quality
    gaps: tuple[Gap, ...]


def read_time_column(
    time_s: FloatArray, stated_rate_hz: float | None, quality: Quality, *, strict: bool
) -> TimeColumn:
    """Find the rate and the rows to keep; the time column wins over a stated rate.

    Args:
        time_s: Time of each row, (N,), in seconds.
        stated_rate_hz: What the file's header or the caller says; None: nothing.
        quality: What was counted before.
        strict: Raise for a row out of order instead of leaving it out.

    Raises:
        InputError: Too few rows in order to find a rate.
    """
    time_s = np.where(np.isinf(time_s), np.nan, time_s)  # neither is a time
    is_kept = _in_order(time_s)
    left_out = int(len(time_s) - is_kept.sum())
    kept = time_s[is_kept]
    if len(kept) < 3 or (strict and left_out) or left_out > len(time_s) // 2:
        raise InputError(
            found=f"a time column in which {left_out} of {len(time_s)} rows do not go forward",
            expected="three rows or more in order" if not strict else "every row later",
            hint="name the right time column, or give the rate and no time column",
        )
    steps = np.diff(kept)
    lost = np.where(steps > GAP_STEPS * np.median(steps), np.rint(steps / np.median(steps)) - 1, 0)
    rate_hz = float((len(steps) + lost.sum()) / (kept[-1] - kept[0]))
    gap_count, gap_s = int((lost > 0).sum()), float(lost.sum() / rate_hz)
    duplicates = int((time_s == _latest(time_s)).sum())
    warnings = []
    if left_out:
        again = f" ({duplicates} repeat the time before)" if duplicates else ""
        warnings.append(
            f"{left_out} rows were left out because their time did not go forward{again}"
        )
    if gap_count:
        warnings.append(
            f"the time column skips {gap_s:.2f} s in {gap_count} gaps: nothing is known of them"
        )
    is_rate_off = abs((stated_rate_hz or rate_hz) / rate_hz - 1.0) > RATE_TOLERANCE
    if is_rate_off:
        warnings.append(
            f"the stated rate is {stated_rate_hz:g} Hz but the time column says {rate_hz:.2f} Hz, "
            "which is used"
        )
    found = replace(
        quality,
        backward_rows=quality.backward_rows + left_out - duplicates,
        duplicate_rows=quality.duplicate_rows + duplicates,
        gap_count=gap_count,
        gap_s=gap_s,
        is_rate_off=is_rate_off,
        jitter_ms=float(np.std(steps[lost == 0]) * 1000.0),
        intervals=_intervals(steps[lost == 0] * 1000.0),
        warnings=quality.warnings + tuple(warnings),
    )
    gaps = tuple(
        Gap(int(step) + 1, float(lost[step] / rate_hz)) for step in np.flatnonzero(lost > 0)
    )
    return TimeColumn(rate_hz, is_kept, found, gaps)


def unwrapped(times: FloatArray, wraps_at: float) -> FloatArray:
    """Make a counter that begins anew at 0 go on.

    Args:
        times: What it said, (N,).
        wraps_at: Where it begins anew, in the same unit.
    """
    turns = np.cumsum(np.diff(times, prepend=times[:1]) < -wraps_at / 2.0)
    going: FloatArray = times + turns * wraps_at
    return going


def guess_time_unit(times: FloatArray) -> str:
    """Tell s, ms and µs apart by the step: at 25 to 1000 Hz only one of them fits.

    Raises:
        InputError: None of them fits.
    """
    steps = np.diff(times[_in_order(times)])
    step = float(np.median(steps)) if len(steps) else 0.0
    for unit, seconds in SECONDS.items():
        if 0.0008 <= step * seconds <= 0.15:
            return unit
    raise InputError(
        found=f"a time column with steps of {step:g}",
        expected="seconds, milliseconds or microseconds of samples at 25 to 1000 Hz",
        hint="name the right time column, or give the rate and no time column",
    )


def _intervals(steps_ms: FloatArray) -> Intervals:
    low, median, high = np.quantile(steps_ms, (0.25, 0.5, 0.75))
    furthest = np.abs(steps_ms - median).max()
    return Intervals(float(median), float(high - low), float(furthest))


def _latest(times: FloatArray) -> FloatArray:
    """Give the latest time before each row."""
    latest: FloatArray = np.fmax.accumulate(np.concatenate([[-np.inf], times[:-1]]))
    return latest


def _in_order(times: FloatArray) -> BoolArray:
    is_later: BoolArray = times > _latest(times)
    return is_later
