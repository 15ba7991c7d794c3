"""Runs of blocks that cannot change a decision, found at once for a whole day.

A block is calm when the trunk rests and is not lying or reclined: no flag, good gravity, nothing
moves. Upright, it begins no bend; bent, it ends none. While the decider remembers nothing of
before but an open bend that has come to rest, a calm block is STILL, or BENDING until the bend
counts as held, and all that it may do is to go on with that bend, with a slouch or with good
posture. Such runs are passed over: what they would have left behind in the decider is set. Every
other block goes through the device's own code. The angles here are those of posturecore.angles,
operation by operation; tests hold all of it equal to deciding block by block.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore import angles, calibrate, motion, steps
from posturecore.angles import TrunkFrame
from posturecore.blocks import ACC, ACC_RANGE, FLAGS, GYR, UP
from posturecore.decide import Decider
from trunkline.decide.blocks import BlockArray, BoolArray

# posturecore keeps every intermediate inside ±2**30, so 32 bits hold them all.
IntArray = NDArray[np.int32]
_TABLE = np.array(angles.ATAN_64TH_CDEG, dtype=np.int32)
_AT_ONCE = 8192  # blocks that stay in a processor's cache with all that is made of them
_MEASURES = 8


class Spans:
    """Where in a stretch of blocks something holds, kept as the edges between."""

    def __init__(self, holds: BoolArray) -> None:
        edges = np.flatnonzero(holds[1:] != holds[:-1]) + 1
        self._edges: list[int] = [*edges.tolist(), len(holds)]
        self._is_first = bool(holds[0])

    def end(self, at: int) -> int:
        """Return the first block from `at` on where it does not hold."""
        passed = bisect_right(self._edges, at)
        return self._edges[passed] if self._is_first ^ (passed & 1) else at


@dataclass(frozen=True, eq=False)
class Calm:
    """What every block measures, and from where to where nothing can happen.

    Attributes:
        measures: (8, K) as posturecore.decide.measure, wherever a block has gravity.
        has_gravity: (K,) whether it has.
        rate_cdeg_s: (K,) change of flexion from the block before, wherever both have gravity.
        offset_cdeg: (K,) flexion in the direction of a slouch.
        upright: Calm blocks that begin no bend.
        bent: Calm blocks that end no bend.
        unslouched: Blocks at which no slouch could begin.
        slouched: Blocks over, for a slouch that has begun.
        unfallen: Blocks that arm no step.
    """

    measures: IntArray
    has_gravity: BoolArray
    rate_cdeg_s: IntArray
    offset_cdeg: IntArray
    upright: Spans
    bent: Spans
    unslouched: Spans
    slouched: Spans
    unfallen: Spans

    @classmethod
    def of(cls, blocks: BlockArray, decider: Decider, trunk: TrunkFrame) -> "Calm":
        """Look at (K, 16) blocks, one at least, with the decider's neutral pose and settings."""
        measures, has_gravity = _measured(blocks, trunk)
        flexion, _, inclination, _, vertical, _, moves, rests = measures
        settings = decider.settings
        is_calm = (
            (blocks[:, FLAGS] == 0)
            & has_gravity
            & (moves == 0)
            & (rests == 1)
            & (vertical <= steps.RISE_LSB)
            & (flexion >= -settings["reclined_cdeg"])
            & (inclination <= settings["lying_cdeg"])
        )
        # The block before tells how fast it came; the first has none here.
        is_calm[1:] &= has_gravity[:-1]
        is_calm[0] = False
        rate = np.diff(flexion, prepend=flexion[:1]) * decider.bends.blocks_per_1000_s // 1000
        begins = (flexion >= settings["bend_entry_cdeg"]) | (
            (flexion >= settings["bend_fast_entry_cdeg"])
            & (rate >= settings["bend_fast_rate_cdeg_s"])
        )
        offset = decider.slouch.sign * flexion
        return cls(
            measures=measures,
            has_gravity=has_gravity,
            rate_cdeg_s=rate,
            offset_cdeg=offset,
            upright=Spans(is_calm & ~begins),
            bent=Spans(is_calm & (flexion >= settings["bend_exit_cdeg"])),
            unslouched=Spans(offset < decider.slouch.entry_cdeg),
            slouched=Spans(offset >= decider.slouch.exit_cdeg),
            unfallen=Spans(vertical >= steps.FALL_LSB),
        )

    @property
    def flexion_cdeg(self) -> IntArray:
        """Give the (K,) flexion."""
        flexion: IntArray = self.measures[0]
        return flexion

    def rows(self, first: int, last: int) -> list[tuple[int, ...]]:
        """Give the measures of some blocks, block by block."""
        return list(zip(*self.measures[:, first:last].tolist(), strict=True))


def _measured(blocks: BlockArray, trunk: TrunkFrame) -> tuple[IntArray, BoolArray]:
    count = len(blocks)
    measures = np.empty((_MEASURES, count), dtype=np.int32)
    has_gravity = np.empty(count, dtype=np.bool_)
    for first in range(0, count, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        columns = blocks[part].T.astype(np.int32, copy=False)
        vertical = _along_up(columns, ACC) - motion.ONE_G
        found = (
            *_poses(trunk, columns[UP : UP + 3]),
            vertical,
            _along_up(columns, GYR),
            _moves(columns),
            _rests(columns, vertical),
        )
        for row, values in zip(measures, found, strict=True):
            row[part] = values
        has_gravity[part] = _has_gravity(columns)
    return measures, has_gravity


def _has_gravity(columns: IntArray) -> BoolArray:
    halves = columns[UP : UP + 3] >> 1
    squares = (halves * halves).sum(axis=0, dtype=np.int32)
    has: BoolArray = (squares >= calibrate.SQUARE_LOW) & (squares < calibrate.SQUARE_HIGH)
    return has


def _moves(columns: IntArray) -> BoolArray:
    turn_lsb, shaken_lsb = motion.LIMITS[:2]
    gyr, acc, up = (columns[first : first + 3] for first in (GYR, ACC, UP))
    moves: BoolArray = (np.abs(gyr).max(axis=0) > turn_lsb) | (
        np.abs((acc << 2) - up).max(axis=0) > shaken_lsb
    )
    return moves


def _rests(columns: IntArray, vertical: IntArray) -> BoolArray:
    rest_lsb, range_lsb, rest_turn_lsb = motion.LIMITS[2:]
    is_at_rest: BoolArray = (
        (np.abs(columns[GYR : GYR + 3]).max(axis=0) < rest_turn_lsb)
        & (np.abs(vertical) < rest_lsb)
        & (columns[ACC_RANGE : ACC_RANGE + 3].max(axis=0) <= range_lsb)
    )
    return is_at_rest


def _along_up(columns: IntArray, first: int) -> IntArray:
    products = columns[first : first + 3] * columns[UP : UP + 3] >> 4
    total: IntArray = products.sum(axis=0, dtype=np.int32) >> 10
    return total


def _poses(trunk: TrunkFrame, up: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    ahead, above = _dot(trunk.forward, up), _dot(trunk.up, up)
    aside = _dot(trunk.right, up) >> 5
    flexion = _atan2(-ahead, above)
    cosine = np.minimum(above >> 4, 16384)
    ahead, above = ahead >> 5, above >> 5
    square = ahead * ahead
    lateral = _atan2(-aside, _root(square + above * above))
    inclination = _atan2(_root(square + aside * aside), above)
    return flexion, lateral, inclination, cosine


def _dot(axis: tuple[int, int, int], up: IntArray) -> IntArray:
    x, y, z = ((row * part) >> 2 for row, part in zip(up, axis, strict=True))
    total: IntArray = (x + y + z) >> 8
    return total


def _root(square: IntArray) -> IntArray:
    # A double holds every whole number here, and its root rounds to below the next.
    return np.sqrt(square.astype(np.float64)).astype(np.int32)


def _atan2(y: IntArray, x: IntArray) -> IntArray:
    across, along = np.abs(y), np.abs(x)
    small, big = np.minimum(across, along), np.maximum(across, along)
    while (is_wide := big > 32767).any():
        big = np.where(is_wide, (big + 1) >> 1, big)
        small = np.where(is_wide, (small + 1) >> 1, small)
    ratio = (small << 15) // np.maximum(big, 1)
    place = ratio >> 9
    low = _TABLE[place]
    angle = (low + ((_TABLE[place + 1] - low) * (ratio & 511) >> 9) + 32) >> 6
    angle = np.where(across > along, 9000 - angle, angle)
    angle = np.where(x < 0, 18000 - angle, angle)
    angle = np.where((y < 0) & (angle < 18000), -angle, angle)
    return np.where(big == 0, 0, angle)
