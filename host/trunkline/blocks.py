"""Samples into blocks with numpy: the same bits as posturecore.blocks, a day at once."""

import numpy as np
from numpy.typing import NDArray

from posturecore.blocks import CHARGING, MOTOR, SATURATED, WIDTH
from posturecore.scales import CHANNELS, SAMPLES_PER_BLOCK

IntArray = NDArray[np.int64]
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
    groups = groups.astype(np.int64)
    blocks = np.zeros((count, WIDTH), dtype=np.int64)
    blocks[:, :CHANNELS] = groups.sum(axis=1) // SAMPLES_PER_BLOCK  # floors, as the device does
    ranged = groups[:, :, :_RANGED]
    low, high = ranged.min(axis=1), ranged.max(axis=1)
    blocks[:, CHANNELS : CHANNELS + _RANGED] = high - low
    is_saturated = (high.max(axis=1) >= 32767) | (low.min(axis=1) <= -32768)
    blocks[:, -1] = np.where(is_saturated, SATURATED, 0)
    if has_motor is not None:
        blocks[:, -1] |= np.where(has_motor[:count], MOTOR, 0)
    if is_charging is not None:
        blocks[:, -1] |= np.where(is_charging[:count], CHARGING, 0)
    return blocks
