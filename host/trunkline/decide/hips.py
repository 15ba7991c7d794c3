"""How the hips move up and down: from the blocks of one sensor on the back.

    vertical acceleration ──sum──► speed of the sensor
    less L · d(cos θ)/dt           what the tipping trunk alone would do: the hips' speed
    less its median over 8 s       drift of the sum
    while faster than 50 mm/s      a lobe: the hips went one way, once

A drift that grows evenly is its own median, and is taken off exactly. With a slow way between,
some of the way goes with it: heights of ways over 2 s are told up to a third too small, and of
ways over about 3.5 s, as that of a lift, nothing is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore.blocks import ACC, ACC_RANGE, GYR, UP
from posturecore.scales import ACC_LSB_PER_G, acc_lsb, gyr_lsb
from trunkline.recordings.quality import runs
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2

FloatArray = NDArray[np.float64]

DRIFT_S = 8.0  # [D]; 6 to 10 s find the same
# Half of the spread and of the turning that the device calls rest (posturecore.motion); the mean
# may be off by what it is to correct.
_REST_G, _REST_RANGE_MG, _REST_TURN_DPS = 0.1, 30, 4
_REST_BLOCKS = 10  # where a movement turns round it is still for less
_PRIOR_BLOCKS = 0.1
_LEAST_M_S = 0.05  # slower is rest, or drift
_ROWS_AT_ONCE = 4096
# Less is no way, not even the way back of one.
_LEAST_M = 0.06


@dataclass(frozen=True)
class Lobe:
    """Hold one way of the hips, up or down, in blocks [start, end).

    Attributes:
        start: Its first block.
        end: The first block after.
        height_m: How far, up positive, against the speed just before and after.
        speed_m_s: Its fastest speed, up positive.
    """

    start: int
    end: int
    height_m: float
    speed_m_s: float

    @property
    def is_up(self) -> bool:
        """Tell whether the hips went up."""
        return self.height_m > 0


def vertical_m_s2(blocks: NDArray[np.integer]) -> FloatArray:
    """Give the upward acceleration of the sensor in (K, 16) blocks, gravity and offsets off.

    At rest it must be zero in every pose: a zero offset of each axis and a common scale are fitted
    to all blocks at rest (as in the autocalibration of van Hees 2014 [M], but along gravity only).
    """
    up = blocks[:, UP : UP + 3].astype(np.float64)
    up /= np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1.0)
    excess = (blocks[:, ACC : ACC + 3] * up).sum(axis=1) / ACC_LSB_PER_G - 1.0
    is_still = (
        (np.abs(excess) < _REST_G)
        & (blocks[:, ACC_RANGE : ACC_RANGE + 3] < acc_lsb(_REST_RANGE_MG)).all(axis=1)
        & (np.abs(blocks[:, GYR : GYR + 3]) < gyr_lsb(_REST_TURN_DPS)).all(axis=1)
    )
    is_rest = np.zeros(len(up), dtype=np.bool_)
    for start, end in zip(*runs(is_still), strict=True):
        is_rest[start:end] = end - start >= _REST_BLOCKS
    by = np.column_stack([up, np.ones(len(up))])
    at_rest = by[is_rest]
    # A pose that was never at rest is left as it is.
    gram = at_rest.T @ at_rest + _PRIOR_BLOCKS * np.eye(4)
    vertical: FloatArray = excess - by @ np.linalg.solve(gram, at_rest.T @ excess[is_rest])
    return vertical * STANDARD_GRAVITY_M_S2


def lobes(
    vertical: FloatArray, cosine: FloatArray, above_hip_m: float, block_s: float
) -> Iterator[Lobe]:
    """List the ways of the hips in order; where the cosine is not known there are none.

    Args:
        vertical: (K,) upward acceleration of the sensor, in m/s².
        cosine: (K,) of the trunk's inclination; NaN where it is not known.
        above_hip_m: How far above the hips the sensor sits.
        block_s: Seconds a block.
    """
    window = 2 * round(DRIFT_S / block_s / 2) + 1
    for start, end in zip(*runs(np.isfinite(cosine)), strict=True):
        if end - start > window:
            tipping = above_hip_m * np.gradient(cosine[start:end]) / block_s
            speed = np.cumsum(vertical[start:end]) * block_s - tipping
            yield from _of_stretch(speed, int(start), window, block_s)


def _of_stretch(speed: FloatArray, first: int, window: int, block_s: float) -> Iterator[Lobe]:
    moving = speed - _moving_median(speed, window)
    way = (moving > _LEAST_M_S).astype(np.int8) - (moving < -_LEAST_M_S)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(way)) + 1, [len(way)]))
    heights = np.add.reduceat(moving, edges[:-1]) * block_s
    is_far = (np.abs(heights) >= _LEAST_M) & (way[edges[:-1]] != 0)
    for k in np.flatnonzero(is_far):
        start, end = int(edges[k]), int(edges[k + 1])
        peak = np.argmax(np.abs(moving[start:end]))
        yield Lobe(first + start, first + end, float(heights[k]), float(moving[start + peak]))


def _moving_median(values: FloatArray, window: int) -> FloatArray:
    """Take the median about each value; beyond an end it goes on as it came, upside down.

    So at an end nothing moves, and a way that a gap cuts is none. Where all the window is closer
    together than what counts as moving, the value itself will do for its median.
    """
    padded = np.pad(values, window // 2, mode="reflect", reflect_type="odd")
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    medians = values.copy()
    loud = np.flatnonzero(_may_move(values, window // 2))
    for k in range(0, len(loud), _ROWS_AT_ONCE):
        rows = loud[k : k + _ROWS_AT_ONCE]
        medians[rows] = np.median(windows[rows], axis=1)
    return medians


def _may_move(values: FloatArray, half: int) -> NDArray[np.bool_]:
    """Tell where values within `half` may lie further apart than what counts as moving.

    Looks at pieces of that length and their neighbours, which together hold every window.
    """
    pieces = -(-len(values) // half)
    padded = np.pad(values, (0, pieces * half - len(values)), mode="edge").reshape(pieces, half)
    top, low = padded.max(axis=1), padded.min(axis=1)
    span = np.full(pieces, np.inf)  # about an end the window goes on beyond what is there
    span[1:-1] = np.maximum(np.maximum(top[:-2], top[1:-1]), top[2:])
    span[1:-1] -= np.minimum(np.minimum(low[:-2], low[1:-1]), low[2:])
    is_loud: NDArray[np.bool_] = np.repeat(span >= _LEAST_M_S, half)[: len(values)]
    return is_loud
