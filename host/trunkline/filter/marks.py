"""Which samples' up not to trust, and why: a byte of marks beside every sample.

    1 SETTLING   the first 3 s after a start: up is a mean of what was seen so far
    2 SATURATED  an axis stands at the end of its range
    4 GAP        samples are missing before this one
    8 STUCK      an axis keeps one value for a minute while another changes
    16 UNSURE    a turn may have been missed (saturation, a gap) in the last 15 s

15 s are five time constants of the low-pass: of a turn that was missed, 1 % is left then.
Online, an axis is known to be stuck only after its minute; offline the minute is marked too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trunkline.filter.gravity import Gap, Mode
from trunkline.filter.kernels import compiled
from trunkline.filter.rules import TAU_S
from trunkline.recordings.gaps import KEPT_GAP_S, checked_lost_s, segments
from trunkline.recordings.quality import SATURATION_FLOOR, STUCK_AFTER_S, runs, saturated_samples
from trunkline.recordings.recording import Recording

__all__ = [
    "GAP",
    "MARKS",
    "SATURATED",
    "SETTLING",
    "STUCK",
    "UNSURE",
    "Marker",
    "marks",
    "sentences",
    "summary",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Marks = NDArray[np.uint8]

SETTLING, SATURATED, GAP, STUCK, UNSURE = 1, 2, 4, 8, 16
MARKS = {
    SETTLING: "settling",
    SATURATED: "saturated",
    GAP: "gap",
    STUCK: "stuck axis",
    UNSURE: "unsure",
}
UNSURE_S = 5.0 * TAU_S


@compiled
def _mark(
    vectors: FloatArray, limits: FloatArray, spans: IntArray, state: IntArray, was: FloatArray
) -> Marks:
    """Mark the next samples of (N, 6) acc and gyr.

    spans: samples that settling, being unsure and being stuck take. state: samples since the
    start, samples since a turn may have been missed, whether a gap precedes, then how long each
    of six axes has kept its value `was`.
    """
    out = np.zeros(len(vectors), np.uint8)
    for i in range(len(vectors)):
        mark = GAP if state[2] else 0
        state[2] = 0
        for sensor in range(2):
            shortest, longest = spans[2], np.int64(0)
            for axis in range(3 * sensor, 3 * sensor + 3):
                value = vectors[i, axis]
                state[3 + axis] = state[3 + axis] + 1 if value == was[axis] else 1
                was[axis] = value
                if abs(value) >= limits[sensor]:
                    mark |= SATURATED
                shortest = min(shortest, state[3 + axis])
                longest = max(longest, state[3 + axis])
            if longest >= spans[2] and shortest < spans[2]:
                mark |= STUCK
        state[1] = 0 if mark & (SATURATED | GAP) else state[1] + 1
        state[0] += 1
        if state[1] < spans[1]:
            mark |= UNSURE
        if state[0] <= spans[0]:
            mark |= SETTLING
        out[i] = mark
    return out


class Marker:
    """Mark the samples of a stream, beside a `GravityFilter`; any batches give the same marks."""

    def __init__(
        self,
        rate_hz: float,
        *,
        acc_limit_m_s2: float = float("inf"),
        gyr_limit_rad_s: float = float("inf"),
        stuck_after_s: float = STUCK_AFTER_S,
    ) -> None:
        """Start where nothing was seen.

        Args:
            rate_hz: Samples a second.
            acc_limit_m_s2: What an axis of the accelerometer reads at the end of its range.
            gyr_limit_rad_s: The same of the gyroscope.
            stuck_after_s: How long an axis must keep its value to be called stuck.
        """
        self._limits = np.array([acc_limit_m_s2, gyr_limit_rad_s], dtype=np.float64)
        spans_s = np.array([TAU_S, UNSURE_S, stuck_after_s])
        self._spans = np.ceil(spans_s * rate_hz - 1e-9).astype(np.int64)
        self._state = np.zeros(9, dtype=np.int64)
        self._state[1] = self._spans[1]
        self._was = np.full(6, np.nan)

    def update(self, gyr_rad_s: FloatArray | None, acc_m_s2: FloatArray) -> Marks:
        """Mark the next samples.

        Args:
            gyr_rad_s: (N, 3) angular rate; None: no gyroscope.
            acc_m_s2: (N, 3) specific force.

        Returns:
            (N,) marks, sums of the constants of this module.
        """
        gyr = np.zeros_like(acc_m_s2) if gyr_rad_s is None else gyr_rad_s
        vectors = np.hstack([acc_m_s2, gyr]).astype(np.float64, copy=False)
        return _mark(vectors, self._limits, self._spans, self._state, self._was)

    def gap(self, lost_s: float) -> None:
        """Tell that samples are missing before the next batch.

        Raises:
            InputError: Not a positive, finite number of seconds.
        """
        if checked_lost_s(lost_s) > KEPT_GAP_S:
            self._state[0] = 0
        self._state[2] = 1


def marks(recording: Recording, mode: Mode = "offline", *, gaps: Sequence[Gap] = ()) -> Marks:
    """Say of each sample of a recording whether to trust its up, and if not, why.

    The ends of the ranges are where the samples themselves stand still at their largest.

    Args:
        recording: The recording.
        mode: As given to `gravity`; offline, a missed turn also makes the 15 s before it unsure.
        gaps: Where samples are missing, as given to `gravity`.

    Returns:
        (N,) marks, sums of the constants of this module.

    Raises:
        InputError: Gaps that do not fit the recording.
    """
    acc, gyr = recording.acc_m_s2, recording.gyr_rad_s
    segments(gaps, len(acc))  # raises for gaps that do not fit
    stuck_after_s = min(STUCK_AFTER_S, max(len(acc) / recording.rate_hz, 1.0))
    marker = Marker(
        recording.rate_hz,
        acc_limit_m_s2=_limit(acc, "acc"),
        gyr_limit_rad_s=float("inf") if gyr is None else _limit(gyr, "gyr"),
        stuck_after_s=stuck_after_s,
    )
    out = np.empty(len(acc), np.uint8)
    first = 0
    for at, lost_s in (*gaps, Gap(len(acc), 0.0)):
        out[first:at] = marker.update(None if gyr is None else gyr[first:at], acc[first:at])
        if lost_s:
            marker.gap(lost_s)
        first = at
    if mode == "offline":
        is_missed = (out & SATURATED) > 0
        is_missed[[at for at, lost_s in gaps if lost_s <= KEPT_GAP_S]] = True
        _reach_back(out, is_missed, UNSURE, UNSURE_S * recording.rate_hz)
        _reach_back(out, (out & STUCK) > 0, STUCK, stuck_after_s * recording.rate_hz)
    return out


def _reach_back(out: Marks, found: NDArray[np.bool_], mark: int, span: float) -> None:
    """Set a mark on the span of samples that ends with the first of each run of found ones."""
    for start in runs(found)[0]:
        out[max(int(start) + 1 - int(np.ceil(span - 1e-9)), 0) : start] |= mark


def summary(found: Marks) -> dict[str, float]:
    """Give the share of samples with each mark, by its name."""
    total = max(len(found), 1)
    return {name: float(np.count_nonzero(found & mark)) / total for mark, name in MARKS.items()}


def sentences(found: Marks, rate_hz: float) -> tuple[str, ...]:
    """Say in words how many angles are not to be trusted, and why; nothing if all are.

    The first seconds of a recording settle without a word: they always do.
    """
    is_doubtful = (found & ~np.uint8(SETTLING)) > 0
    if not is_doubtful.any():
        return ()
    shares = summary(found)
    reasons = ", ".join(
        f"{MARKS[mark]} {shares[MARKS[mark]]:.2%}"
        for mark in (SATURATED, GAP, STUCK, UNSURE)
        if shares[MARKS[mark]]
    )
    doubtful_s = np.count_nonzero(is_doubtful) / rate_hz
    return (f"angles of {doubtful_s:.1f} s may be wrong; shares of the samples: {reasons}",)


def _limit(vectors: FloatArray, sensor: str) -> float:
    is_cut = saturated_samples(vectors, SATURATION_FLOOR[sensor])
    return float(np.abs(vectors[is_cut]).max(axis=1).min()) if is_cut.any() else float("inf")
