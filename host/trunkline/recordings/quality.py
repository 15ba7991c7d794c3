"""What is wrong with a recording: holes, saturated and stuck axes; for units see units.

Rules:
- What can be repaired without inventing motion is repaired and counted in `Quality`.
- What cannot be used is an `InputError` with one sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2, WELL_CORRELATED, tilt_ratio

LONGEST_HELD_GAP_S = 0.1
STUCK_AFTER_S = 60.0
SATURATION_RUN = 3
# Below these no common chip saturates: 2 g and 250 deg/s are the smallest ranges on sale.
SATURATION_FLOOR = {"acc": 1.9 * STANDARD_GRAVITY_M_S2, "gyr": np.deg2rad(240.0)}

_INT16 = np.iinfo(np.int16)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Intervals:
    """Tell how a time column's sample intervals spread, gaps left aside.

    Attributes:
        median_ms: The middle one.
        iqr_ms: Between the quarter of shortest and the quarter of longest.
        max_deviation_ms: The furthest from the middle one.
    """

    median_ms: float
    iqr_ms: float
    max_deviation_ms: float


@dataclass(frozen=True)
class Quality:
    """Count what was found and repaired in a recording.

    Attributes:
        held_samples: Vectors filled from the last good sample, because they were no number.
        saturated_samples: Samples in runs of three or more at the end of an axis's range.
        stuck_axes: Axes that did not change while others did, such as "acc x".
        is_acc_only: True if there is no gyroscope.
        damaged_rows: Rows that could not be read and were left out.
        backward_rows: Rows whose time went back, or was none, and that were left out.
        duplicate_rows: Rows with the time of the row before, left out.
        gap_count: Places where the time column skips one sample or more.
        gap_s: Time lost in those gaps, in seconds.
        jitter_ms: Standard deviation of the sample interval outside gaps; None: no time column.
        intervals: How the sample intervals outside gaps spread; None: no time column.
        is_rate_off: True if the stated rate is not the time column's.
        warnings: One sentence for each thing a reader of results should know.
    """

    held_samples: int = 0
    saturated_samples: int = 0
    stuck_axes: tuple[str, ...] = ()
    is_acc_only: bool = False
    damaged_rows: int = 0
    backward_rows: int = 0
    duplicate_rows: int = 0
    gap_count: int = 0
    gap_s: float = 0.0
    jitter_ms: float | None = None
    intervals: Intervals | None = None
    is_rate_off: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Give the warnings of a file that is not whole; nothing of one that is."""
        left_out = self.damaged_rows + self.backward_rows + self.duplicate_rows
        is_whole = not (left_out or self.held_samples or self.gap_count or self.is_rate_off)
        return () if is_whole else self.warnings


def assess(
    rate_hz: float, acc: FloatArray, gyr: FloatArray | None, so_far: Quality, held: int
) -> Quality:
    """Add saturation, stuck axes, held samples and a missing gyroscope to what a reader counted.

    Args:
        rate_hz: Samples a second.
        acc: (N, 3) specific force in m/s².
        gyr: (N, 3) angular rate in rad/s; None: no gyroscope.
        so_far: What the reader counted.
        held: Vectors that were filled.
    """
    sensors = {"acc": acc} if gyr is None else {"acc": acc, "gyr": gyr}
    saturated = np.zeros(len(acc), dtype=np.bool_)
    stuck: list[str] = []
    for sensor, vectors in sensors.items():
        saturated |= saturated_samples(vectors, SATURATION_FLOOR[sensor])
        stuck += [f"{sensor} {axis}" for axis in stuck_axes(vectors, rate_hz)]
    count = int(saturated.sum())
    opposed = gyr is not None and tilt_ratio(rate_hz, acc, gyr)[1] < -WELL_CORRELATED
    found = {
        f"{held} samples were not a number and were held from the sample before": held,
        **_doubts(count, stuck),
        "the gyroscope turns against the acceleration: check the signs of its axes": opposed,
        "there is no gyroscope: movements and lifts are less exact": gyr is None,
    }
    return replace(
        so_far,
        held_samples=so_far.held_samples + held,
        saturated_samples=count,
        stuck_axes=tuple(stuck),
        is_acc_only=gyr is None,
        # A recording that was exported brings its warnings along: say none twice.
        warnings=so_far.warnings
        + tuple(text for text, is_so in found.items() if is_so and text not in so_far.warnings),
    )


def counts_warnings(counts: NDArray[np.int16], rate_hz: float) -> tuple[str, ...]:
    """Say what is wrong with a device's own samples, (N, 9) gyr, acc, up; quick on a whole day."""
    raw = counts[:, :6]
    saturated, stuck = 0, []  # type: int, list[str]
    # Along memory first, gravity included: three columns too many, and ten times as fast.
    if len(raw) and (counts.max() == _INT16.max or counts.min() == _INT16.min):
        saturated = int(((raw == _INT16.max) | (raw == _INT16.min)).any(axis=1).sum())
    # Who keeps a value for a minute keeps it at every second: look at these first.
    seconds = raw[:: max(1, int(rate_hz))]
    if any(
        _longest_kept(seconds[:, axis]) >= min(STUCK_AFTER_S, len(seconds)) for axis in range(6)
    ):
        for sensor, first in (("gyr", 0), ("acc", 3)):
            vectors = raw[:, first : first + 3]
            stuck += [f"{sensor} {axis}" for axis in stuck_axes(vectors, rate_hz)]
    return tuple(text for text, is_so in _doubts(saturated, stuck).items() if is_so)


def _doubts(saturated: int, stuck: Sequence[str]) -> dict[str, bool]:
    return {
        f"{saturated} samples are at the end of the sensor's range: peaks there are cut": (
            saturated > 0
        ),
        f"{' and '.join(stuck)} did not move while other axes did: check the sensor": (
            len(stuck) > 0
        ),
    }


def hold_short_gaps(vectors: FloatArray, rate_hz: float, what: str) -> tuple[FloatArray, int]:
    """Fill short gaps of not-a-number or infinity from the last good sample, in place.

    A gap at the very start is filled from the first good sample.

    Returns:
        The filled vectors and how many of them were filled.

    Raises:
        InputError: A gap longer than 0.1 s.
    """
    is_bad: BoolArray = np.logical_not(np.isfinite(vectors).all(axis=1))
    if not is_bad.any():
        return vectors, 0
    starts, ends = runs(is_bad)
    longest = int(np.argmax(ends - starts))
    start, end = int(starts[longest]), int(ends[longest])
    if end - start > max(1, round(LONGEST_HELD_GAP_S * rate_hz)) or is_bad.all():
        raise InputError(
            found=f"{what} not finite in samples {start} to {end - 1} "
            f"({start / rate_hz:.2f} to {end / rate_hz:.2f} s)",
            expected=f"finite numbers, or gaps of at most {LONGEST_HELD_GAP_S:g} s",
            hint="interpolate the gap, or cut the recording there",
        )
    origin = np.where(is_bad, -1, np.arange(len(vectors)))
    origin = np.maximum.accumulate(origin)
    origin[origin < 0] = np.argmin(is_bad)
    return vectors[origin], int(is_bad.sum())


def runs(flags: BoolArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the runs of True, as the starts and ends of intervals [start, end)."""
    edges = np.diff(np.asarray(flags, dtype=np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def saturated_samples(vectors: FloatArray, floor: float) -> BoolArray:
    """Flag samples that stay at the largest value of an axis for three samples or more.

    Args:
        vectors: (N, 3).
        floor: Largest values below this are ordinary motion, not the end of a range.
    """
    flags = np.zeros(len(vectors), dtype=np.bool_)
    for axis in range(3):
        for values in (vectors[:, axis], -vectors[:, axis]):
            limit = values.max()
            if limit < floor:
                continue
            starts, ends = runs(np.greater_equal(values, limit))
            is_long = ends - starts >= SATURATION_RUN
            for start, end in zip(starts[is_long], ends[is_long], strict=True):
                flags[start:end] = True
    return flags


def _longest_kept(values: NDArray[np.floating | np.integer]) -> int:
    starts, ends = runs(np.equal(values[1:], values[:-1]))
    return 1 + int((ends - starts).max(initial=0))


def stuck_axes(vectors: NDArray[np.floating | np.integer], rate_hz: float) -> list[str]:
    """Name the axes that keep one value for a minute, or throughout, while another changes."""
    if len(vectors) < rate_hz:
        return []
    longest = [_longest_kept(vectors[:, axis]) for axis in range(3)]
    needed = min(round(STUCK_AFTER_S * rate_hz), len(vectors))
    if min(longest) >= needed:
        return []  # the whole sensor lay still: no axis is odd
    return [name for name, run in zip("xyz", longest, strict=True) if run >= needed]
