"""Samples into blocks with numpy: the same bits as posturecore.blocks, a day at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posturecore.blocks import CHARGING, MOTOR, SATURATED, WIDTH
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_RANGED = 6


def make_blocks(
    samples: NDArray[np.integer],
    has_motor: NDArray[np.bool_] | None = None,
    is_charging: NDArray[np.bool_] | None = None,
) -> IntArray:
    """Make blocks of whole groups of six samples; a rest of up to five samples is left out.

    Args:
        samples: (N, 9) int16 counts: gyr, acc, up.
        has_motor: (K,) whether our own motor ran in each block; None: it did not.
        is_charging: (K,) whether the device was on its charger; None: it was not.

    Returns:
        (K, 16) int64 blocks, laid out as in posturecore.blocks.
    """
    count = len(samples) // SAMPLES_PER_BLOCK
    groups = samples[: count * SAMPLES_PER_BLOCK].reshape(count, SAMPLES_PER_BLOCK, CHANNELS)
    # Sample by sample of all blocks at once: reducing along so short an axis takes twice as long.
    total = groups[:, 0].astype(np.int32)
    low = groups[:, 0, :_RANGED].copy()
    high = low.copy()
    for k in range(1, SAMPLES_PER_BLOCK):
        total += groups[:, k]
        np.minimum(low, groups[:, k, :_RANGED], out=low)
        np.maximum(high, groups[:, k, :_RANGED], out=high)
    blocks = np.empty((count, WIDTH), dtype=np.int64)
    blocks[:, :CHANNELS] = total // SAMPLES_PER_BLOCK  # floors, as the device does
    blocks[:, CHANNELS : CHANNELS + _RANGED] = high.astype(np.int32) - low
    is_saturated = ((high >= 32767) | (low <= -32768)).any(axis=1)
    blocks[:, -1] = np.where(is_saturated, SATURATED, 0)
    if has_motor is not None:
        blocks[:, -1] |= np.where(has_motor[:count], MOTOR, 0)
    if is_charging is not None:
        blocks[:, -1] |= np.where(is_charging[:count], CHARGING, 0)
    return blocks


def lay_out(stretches: Sequence[tuple[int, NDArray[np.integer]]]) -> tuple[IntArray, BoolArray]:
    """Make the blocks of a recording with gaps, each at its own time.

    Args:
        stretches: For each the block it starts with, in order, and its (N, 9) samples.

    Returns:
        (K, 16) blocks, zeros where samples are missing, and (K,) whether a block is missing.
    """
    pieces = [(first, make_blocks(samples)) for first, samples in stretches]
    count = max((first + len(piece) for first, piece in pieces if len(piece)), default=0)
    blocks = np.zeros((count, WIDTH), dtype=np.int64)
    is_lost = np.ones(count, dtype=np.bool_)
    for first, piece in pieces:
        blocks[first : first + len(piece)] = piece
        is_lost[first : first + len(piece)] = False
    return blocks, is_lost
