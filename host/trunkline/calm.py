"""Runs of blocks that cannot change a decision, found at once for a whole day.

A block is calm when the wearer rests upright: no flag, good gravity, nothing moves, no bend, not
reclined, not lying. While the decider remembers nothing of before, a calm block is STILL, and all
that it may do is to go on with a slouch or with good posture. Such runs are passed over: what they
would have left behind in the decider is set. Every other block goes through the device's own code.
The angles here are those of posturecore.angles, operation by operation; tests hold all of it equal
to deciding block by block.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore import angles, calibrate, motion, steps
from posturecore.angles import TrunkFrame
from posturecore.blocks import ACC, ACC_RANGE, FLAGS, GYR, UP
from posturecore.decide import Decider

IntArray = NDArray[np.int64]
_TABLE = np.array(angles.ATAN_64TH_CDEG, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Calm:
    """What every block measures, and from where to where nothing can happen.

    Attributes:
        measures: (K, 8) as posturecore.decide.measure, wherever a block has gravity.
        flexion_cdeg: (K,) flexion.
        lateral_cdeg: (K,) lean.
        vertical: (K,) upward acceleration in counts.
        turn: (K,) rate about the vertical in counts.
        offset_cdeg: (K,) flexion in the direction of a slouch.
        stops: (K,) the next block that is not calm.
        overs: (K,) the next block at which a slouch could begin.
        goods: (K,) the next block that is good for a slouch that has begun.
    """

    measures: IntArray
    flexion_cdeg: IntArray
    lateral_cdeg: IntArray
    vertical: IntArray
    turn: IntArray
    offset_cdeg: IntArray
    stops: list[int]
    overs: list[int]
    goods: list[int]

    @classmethod
    def of(cls, blocks: IntArray, decider: Decider, trunk: TrunkFrame) -> "Calm":
        """Look at (K, 16) blocks with the decider's neutral pose and settings."""
        flexion, lateral, inclination, cosine = _poses(trunk, blocks[:, UP : UP + 3])
        vertical = _along_up(blocks, ACC) - motion.ONE_G
        turn = _along_up(blocks, GYR)
        moves, rests = _moves(blocks), _rests(blocks, vertical)
        settings = decider.settings
        is_calm = (
            (blocks[:, FLAGS] == 0)
            & _has_gravity(blocks)
            & ~moves
            & rests
            & (vertical <= steps.RISE_LSB)
            & (flexion < settings["bend_entry_cdeg"])
            & (flexion < settings["bend_fast_entry_cdeg"])
            & (flexion >= -settings["reclined_cdeg"])
            & (inclination <= settings["lying_cdeg"])
        )
        offset = decider.slouch.sign * flexion
        measured = (flexion, lateral, inclination, cosine, vertical, turn, moves, rests)
        return cls(
            measures=np.stack(measured, axis=1),
            flexion_cdeg=flexion,
            lateral_cdeg=lateral,
            vertical=vertical,
            turn=turn,
            offset_cdeg=offset,
            stops=_next(~is_calm),
            overs=_next(offset >= decider.slouch.entry_cdeg),
            goods=_next(offset < decider.slouch.exit_cdeg),
        )


def _has_gravity(blocks: IntArray) -> NDArray[np.bool_]:
    halves = blocks[:, UP : UP + 3] >> 1
    squares = (halves * halves).sum(axis=1)
    has: NDArray[np.bool_] = (squares >= calibrate.SQUARE_LOW) & (squares < calibrate.SQUARE_HIGH)
    return has


def _moves(blocks: IntArray) -> NDArray[np.bool_]:
    turn_lsb, shaken_lsb = motion.LIMITS[:2]
    gyr, acc, up = (blocks[:, first : first + 3] for first in (GYR, ACC, UP))
    moves: NDArray[np.bool_] = (np.abs(gyr).max(axis=1) > turn_lsb) | (
        np.abs((acc << 2) - up).max(axis=1) > shaken_lsb
    )
    return moves


def _rests(blocks: IntArray, vertical: IntArray) -> NDArray[np.bool_]:
    rest_lsb, range_lsb, rest_turn_lsb = motion.LIMITS[2:]
    is_at_rest: NDArray[np.bool_] = (
        (np.abs(blocks[:, GYR : GYR + 3]).max(axis=1) < rest_turn_lsb)
        & (np.abs(vertical) < rest_lsb)
        & (blocks[:, ACC_RANGE : ACC_RANGE + 3].max(axis=1) <= range_lsb)
    )
    return is_at_rest


def _along_up(blocks: IntArray, first: int) -> IntArray:
    products = blocks[:, first : first + 3] * blocks[:, UP : UP + 3] >> 4
    total: IntArray = products.sum(axis=1) >> 10
    return total


def _next(holds: NDArray[np.bool_]) -> list[int]:
    """Return for every place the first at or after it where it holds, else the length."""
    count = len(holds)
    places = np.where(holds, np.arange(count), count)
    found: list[int] = np.minimum.accumulate(places[::-1])[::-1].tolist()
    return found


def _poses(trunk: TrunkFrame, up: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    ahead, above = _dot(trunk.forward, up), _dot(trunk.up, up)
    aside = _dot(trunk.right, up) >> 5
    flexion = _atan2(-ahead, above)
    cosine = np.minimum(above >> 4, 16384)
    ahead, above = ahead >> 5, above >> 5
    lateral = _atan2(-aside, _root(ahead * ahead + above * above))
    inclination = _atan2(_root(ahead * ahead + aside * aside), above)
    return flexion, lateral, inclination, cosine


def _dot(axis: tuple[int, int, int], up: IntArray) -> IntArray:
    total: IntArray = ((up * np.array(axis, dtype=np.int64)) >> 2).sum(axis=1) >> 8
    return total


def _root(square: IntArray) -> IntArray:
    # A double holds every whole number here, and its root rounds to below the next.
    return np.sqrt(square.astype(np.float64)).astype(np.int64)


def _atan2(y: IntArray, x: IntArray) -> IntArray:
    is_steep = np.abs(y) > np.abs(x)
    small = np.where(is_steep, np.abs(x), np.abs(y))
    big = np.where(is_steep, np.abs(y), np.abs(x))
    while (is_wide := big > 32767).any():
        big = np.where(is_wide, (big + 1) >> 1, big)
        small = np.where(is_wide, (small + 1) >> 1, small)
    ratio = (small << 15) // np.maximum(big, 1)
    place = ratio >> 9
    low = _TABLE[place]
    angle = (low + ((_TABLE[place + 1] - low) * (ratio & 511) >> 9) + 32) >> 6
    angle = np.where(is_steep, 9000 - angle, angle)
    angle = np.where(x < 0, 18000 - angle, angle)
    angle = np.where((y < 0) & (angle < 18000), -angle, angle)
    return np.where(big == 0, 0, angle)
