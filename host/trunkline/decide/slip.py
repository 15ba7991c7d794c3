"""Has the sensor slipped? Told from how the wearer walks and sits; said, never corrected.

The last minute of walking, and the last ten minutes upright and still, are held against the
neutral pose, all through the day: what slips at noon is told by the next walk. A sitter may lean
forward or back all day, so sitting is asked about leaning aside only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore.context import STILL, WALKING
from trunkline.decide.timeline import Timeline

SLIP_DEG = 8.0  # these are our engineering defaults: docs/detection.md
WALK_S, SIT_S = 60.0, 600.0
WALK_LEAN_DEG = 2.0  # a walk leans a little forward of standing
_BOUT_S = 10.0  # a shorter one turns, climbs or carries
# A bag walks too; whoever stands or sits afterwards breathes, a bag does not.
_AFTER_S, _STILL_S = 30.0, 5.0

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Slip:
    """Describe how far from the neutral pose the wearer was found.

    Attributes:
        at_s: When that was known, in seconds from the first sample.
        doing: "walking" or "sitting or standing".
        forward_deg: Median flexion meanwhile.
        aside_deg: Median lean to the right meanwhile.
    """

    at_s: float
    doing: str
    forward_deg: float
    aside_deg: float

    @property
    def sentence(self) -> str:
        """Say it, and what to do."""
        return (
            f"from {self.at_s / 60:.0f} min on {self.doing} was {self.forward_deg:+.0f}° forward "
            f"and {self.aside_deg:+.0f}° to the right of the neutral pose, more than "
            f"{SLIP_DEG:.0f}° off: the sensor may have slipped, or the neutral pose was not "
            "upright; calibrate again"
        )


def find_slip(timeline: Timeline) -> Slip | None:
    """Find the first time at which the wearer was too far from the neutral pose; None: never.

    Needs a minute of walking, or ten minutes upright and still, in all.
    """
    found = [slip for slip in (_of_walking(timeline), _of_sitting(timeline)) if slip is not None]
    return min(found, key=lambda slip: slip.at_s, default=None)


def slip_warnings(timeline: Timeline) -> tuple[str, ...]:
    """Give a sentence when the sensor may have slipped."""
    slip = find_slip(timeline)
    return () if slip is None else (slip.sentence,)


def _of_walking(timeline: Timeline) -> Slip | None:
    is_walking = np.zeros(len(timeline.context), dtype=bool)
    for start, end in _bouts(timeline):
        is_walking[start:end] = True
    rows = np.flatnonzero(is_walking & np.isfinite(timeline.flexion_deg))
    forward, aside, ends = _medians(timeline, rows, WALK_S)
    off = np.hypot(forward - WALK_LEAN_DEG, aside) > SLIP_DEG
    return _first(timeline, "walking", off, forward, aside, ends)


def _of_sitting(timeline: Timeline) -> Slip | None:
    is_still = (timeline.context == STILL) & np.isfinite(timeline.flexion_deg)
    forward, aside, ends = _medians(timeline, np.flatnonzero(is_still), SIT_S)
    off = np.abs(aside) > SLIP_DEG
    return _first(timeline, "sitting or standing", off, forward, aside, ends)


def _bouts(timeline: Timeline) -> Iterator[tuple[int, int]]:
    """List the walks of somebody who was there afterwards."""
    least, after, still = (round(s / timeline.block_s) for s in (_BOUT_S, _AFTER_S, _STILL_S))
    walks = np.concatenate(([0], timeline.context == WALKING, [0])).astype(np.int8)
    for start, end in np.flatnonzero(np.diff(walks)).reshape(-1, 2).tolist():
        rests = int((timeline.context[end : end + after] == STILL).sum())
        if end - start >= least and rests >= still:
            yield start, end


def _medians(
    timeline: Timeline, rows: IntArray, span_s: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Give the medians over spans of these blocks, a sixth of a span apart, and where they end.

    A span holds 600 values or so: more would cost time and say the same.
    """
    span = round(span_s / timeline.block_s)
    every = max(1, span // 600)
    rows, span = rows[::every], span // every
    if len(rows) < span:
        nothing = np.empty(0)
        return nothing, nothing, np.empty(0, dtype=np.intp)
    step = max(1, span // 6)
    forward, aside = (
        np.median(np.lib.stride_tricks.sliding_window_view(angle[rows], span)[::step], axis=1)
        for angle in (timeline.flexion_deg, timeline.lateral_deg)
    )
    return forward, aside, rows[span - 1 :: step]


def _first(
    timeline: Timeline,
    doing: str,
    is_off: NDArray[np.bool_],
    forward: FloatArray,
    aside: FloatArray,
    ends: IntArray,
) -> Slip | None:
    if not is_off.any():
        return None
    at = int(np.argmax(is_off))
    at_s = (int(ends[at]) + 1) * timeline.block_s
    return Slip(at_s, doing, float(forward[at]), float(aside[at]))
