"""The neutral pose: found in a recording, given by a caller, told in words that people read."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from posturecore.angles import TrunkFrame
from posturecore.calibrate import DONE, RUNNING, Calibrator
from posturecore.scales import NOMINAL_RATE_MHZ, blocks_for_s
from trunkline.decide.blocks import BlockArray
from trunkline.decide.counts import UP_COUNTS
from trunkline.errors import InputError
from trunkline.recordings.recording import Recording, axis_map

Up = tuple[int, int, int]
_AT_ONCE = 256


def find_neutral(blocks: BlockArray, settings: Mapping[str, int]) -> tuple[Up, int] | None:
    """Find the first still, upright stretch that the device's own calibration accepts.

    Returns:
        The neutral up vector in counts and the block at which the stretch starts, or None.
    """
    wanted = blocks_for_s(settings["calibration_s"], NOMINAL_RATE_MHZ)
    start, calibrator = 0, Calibrator(wanted)
    for at, row in enumerate(_one_by_one(blocks)):
        code = calibrator.block(row)
        if code == DONE:
            return calibrator.up, start
        if code != RUNNING:
            start, calibrator = at + 1, Calibrator(wanted)
    return None


def _one_by_one(blocks: BlockArray) -> Iterator[tuple[int, ...]]:
    """Give the blocks, made as they are asked for: most days begin with an upright stretch."""
    for first in range(0, len(blocks), _AT_ONCE):
        yield from map(tuple, blocks[first : first + _AT_ONCE].tolist())


def given_neutral(recording: Recording, neutral: ArrayLike) -> Up:
    """Turn an up vector in the recording's own axes into counts in the sensor frame.

    Raises:
        InputError: It is no vector, or one that no wearer stands like.
    """
    try:
        vector = np.asarray(neutral, dtype=np.float64)
    except (TypeError, ValueError):
        vector = np.empty(0)
    length = float(np.linalg.norm(vector)) if vector.shape == (3,) else 0.0
    if np.isfinite(length) and length >= 1e-6:
        up = up_counts(axis_map(recording.axes) @ (vector / length))
        try:
            TrunkFrame(*up)
        except ValueError:
            pass  # it points along the sensor's forward axis: no wearer stands like this
        else:
            return up
    raise InputError(
        found=f"the neutral {neutral!r}",
        expected="an up vector of three numbers that does not point forward or backward",
        hint="give the mean accelerometer reading while the wearer stands upright",
    )


def up_counts(up: ArrayLike) -> Up:
    """Give a unit up vector in the device's counts."""
    x, y, z = (int(value) for value in np.rint(np.asarray(up, dtype=np.float64) * UP_COUNTS))
    return x, y, z


def neutral_vector(up: Up) -> tuple[float, float, float]:
    """Give counts as a unit vector in the sensor frame."""
    x, y, z = (round(value / UP_COUNTS, 5) for value in up)
    return x, y, z
