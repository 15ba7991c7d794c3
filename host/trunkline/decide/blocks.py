"""Samples into blocks with numpy: the same bits as posturecore.blocks, a day at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posturecore.blocks import CHARGING, MOTOR, SATURATED, WIDTH
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK

BlockArray = NDArray[np.integer]
BoolArray = NDArray[np.bool_]
_RANGED = 6
_AT_ONCE = 4096  # blocks that stay in a processor's cache while they are made


def make_blocks(
    samples: NDArray[np.integer],
    has_motor: NDArray[np.bool_] | None = None,
    is_charging: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Make blocks of whole groups of six samples; a rest of up to five samples is left out.

    Args:
        samples: (N, 9) int16 counts: gyr, acc, up.
        has_motor: (K,) whether our own motor ran in each block; None: it did not.
        is_charging: (K,) whether the device was on its charger; None: it was not.

    Returns:
        (K, 16) int32 blocks, laid out as in posturecore.blocks; column after column in memory.
    """
    count = len(samples) // SAMPLES_PER_BLOCK
    groups = samples[: count * SAMPLES_PER_BLOCK].reshape(count, SAMPLES_PER_BLOCK * CHANNELS)
    columns = np.empty((WIDTH, count), dtype=np.int32)
    for first in range(0, count, _AT_ONCE):
        _fill(columns[:, first : first + _AT_ONCE], groups[first : first + _AT_ONCE])
    if has_motor is not None:
        columns[-1] |= np.where(has_motor[:count], MOTOR, 0).astype(np.int32)
    if is_charging is not None:
        columns[-1] |= np.where(is_charging[:count], CHARGING, 0).astype(np.int32)
    return columns.T


def _fill(columns: NDArray[np.int32], groups: NDArray[np.integer]) -> None:
    # Block beside block, so that every step below runs along memory.
    values = np.ascontiguousarray(groups.T).reshape(SAMPLES_PER_BLOCK, CHANNELS, len(groups))
    low, high = values[:, :_RANGED].min(axis=0), values[:, :_RANGED].max(axis=0)
    # Floors, as the device does.
    columns[:CHANNELS] = values.sum(axis=0, dtype=np.int32) // SAMPLES_PER_BLOCK
    np.subtract(high, low, out=columns[CHANNELS : CHANNELS + _RANGED], dtype=np.int32)
    is_saturated = ((high >= 32767) | (low <= -32768)).any(axis=0)
    columns[-1] = np.where(is_saturated, SATURATED, 0)


def lay_out(
    stretches: Sequence[tuple[int, NDArray[np.integer]]],
) -> tuple[NDArray[np.int32], BoolArray]:
    """Make the blocks of a recording with gaps, each at its own time.

    Args:
        stretches: For each the block it starts with, in order, and its (N, 9) samples.

    Returns:
        (K, 16) blocks, zeros where samples are missing, and (K,) whether a block is missing.
    """
    pieces = [(first, make_blocks(samples)) for first, samples in stretches]
    count = max((first + len(piece) for first, piece in pieces if len(piece)), default=0)
    blocks = np.zeros((WIDTH, count), dtype=np.int32).T
    is_lost = np.ones(count, dtype=np.bool_)
    for first, piece in pieces:
        blocks[first : first + len(piece)] = piece
        is_lost[first : first + len(piece)] = False
    return blocks, is_lost
