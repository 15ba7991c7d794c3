"""A recording as the device would have sampled it: 60 Hz, int16, nine channels.

Any rate is brought to 60 Hz by area averaging (each new sample is the mean of the old signal over
its interval), never by picking samples: averaging was measured to matter more than the choice of
filter. A recording that is at 60 Hz already keeps its samples, so device data survives unchanged.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posturecore.scales import CHANNELS, NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK
from trunkline.decide.blocks import lay_out
from trunkline.errors import InputError
from trunkline.filter.gravity import gravity
from trunkline.recordings.gaps import Gap
from trunkline.recordings.recording import STANDARD_GRAVITY_M_S2, Recording

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int16]

DEVICE_RATE_HZ = NOMINAL_RATE_MHZ / 1000
BLOCK_S = SAMPLES_PER_BLOCK / DEVICE_RATE_HZ
LONGEST_GAP_S = 24 * 3600.0
_AT_ONCE = 8192  # rows that stay in a processor's cache while they are turned into counts
GYR_COUNTS_PER_RAD_S = float(np.rad2deg(1.0)) / 0.035
ACC_COUNTS_PER_M_S2 = 1000 / 0.244 / STANDARD_GRAVITY_M_S2
UP_COUNTS = 1000 / 0.061


def average_to(values: FloatArray, rate_hz: float, new_rate_hz: float) -> FloatArray:
    """Bring (N, C) values to a new rate: each new sample is the mean over its own interval.

    The end that does not fill a whole new interval is left out.
    """
    if rate_hz == new_rate_hz:
        return values
    count = int(np.floor(len(values) / rate_hz * new_rate_hz + 1e-9))
    edges = np.arange(count + 1) * (rate_hz / new_rate_hz)
    whole = np.minimum(edges.astype(np.int64), len(values) - 1)
    # The integral of the held signal: full samples before the edge, and the part under way.
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    integral = total[whole] + (edges - whole)[:, None] * values[whole]
    averages: FloatArray = np.diff(integral, axis=0) * (new_rate_hz / rate_hz)
    return averages


def _quantise(values: FloatArray, counts_per_unit: float) -> Counts:
    counts = np.rint(values * counts_per_unit)
    return np.clip(counts, -32768, 32767).astype(np.int16)


def to_counts(recording: Recording, up: FloatArray) -> Counts:
    """Make device samples of a recording and its gravity, as if it had no gaps.

    Args:
        recording: In the sensor frame; without a gyroscope its rate counts as zero.
        up: (N, 3) unit vectors pointing up, one a sample of the recording.

    Returns:
        (M, 9) int16 at 60 Hz: gyr, acc, up, in the scales of posturecore.scales.
    """
    return _sampled(_channels(recording, up), recording.rate_hz)


def blocks_of(recording: Recording) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Filter a recording, offline, and bring it to the device's blocks.

    Returns:
        (K, 16) blocks, zeros where samples are missing, and (K,) whether a block is missing.

    Raises:
        InputError: A gap of more than a day.
    """
    worn = recording.in_sensor_frame()
    return lay_out(to_stretches(worn, gravity(worn, mode="offline", gaps=worn.gaps)))


def to_stretches(recording: Recording, up: FloatArray) -> list[tuple[int, Counts]]:
    """Make device samples of what lies between the gaps of a recording, in step with its time.

    A gap shorter than a block is bridged with the sample before it, at rest: the wearer's last
    turn must not go on. A longer one ends a stretch, and the next begins with the first block of
    0.1 s that is whole.

    Args:
        recording: In the sensor frame; without a gyroscope its rate counts as zero.
        up: (N, 3) unit vectors pointing up, one a sample of the recording.

    Raises:
        InputError: A gap of more than a day.

    Returns:
        For each stretch the block of the whole recording it starts with, and its samples as
        `to_counts` gives them.
    """
    rate_hz, channels = recording.rate_hz, _channels(recording, up)
    stretches: list[tuple[int, Counts]] = []
    start, start_s, lost_s, bridged = 0, 0.0, 0.0, []  # type: int, float, float, list[Gap]
    for gap in (*recording.gaps, Gap(len(channels), BLOCK_S)):
        lost_s += _checked(gap)
        if gap.lost_s < BLOCK_S - 0.5 / rate_hz:
            bridged.append(gap)
            continue
        rows = _bridged(channels[start : gap.at], start, bridged, rate_hz)
        first = int(np.ceil(start_s / BLOCK_S - 0.5 / (rate_hz * BLOCK_S)))
        late = max(0, round((first * BLOCK_S - start_s) * rate_hz))
        if late < len(rows):
            stretches.append((first, _sampled(rows[late:], rate_hz)))
        start, start_s, bridged = gap.at, gap.at / rate_hz + lost_s, []
    return stretches


def _checked(gap: Gap) -> float:
    if gap.lost_s <= LONGEST_GAP_S:
        return gap.lost_s
    raise InputError(
        found=f"a gap of {gap.lost_s / 3600:.1f} h before sample {gap.at}",
        expected=f"at most {LONGEST_GAP_S / 3600:.0f} h",
        hint="cut the recording there: each part is one of its own",
    )


def _bridged(rows: FloatArray, start: int, gaps: Sequence[Gap], rate_hz: float) -> FloatArray:
    """Fill short gaps of rows that start at sample `start`: nothing turns in them."""
    missing = [round(gap.lost_s * rate_hz) for gap in gaps]
    if not sum(missing):
        return rows
    places = np.repeat([gap.at - start for gap in gaps], missing)
    held = rows[places - 1]
    held[:, 0:3] = 0.0
    return np.insert(rows, places, held, axis=0)


def _channels(recording: Recording, up: FloatArray) -> FloatArray:
    gyr = recording.gyr_rad_s
    if gyr is None:
        gyr = np.zeros_like(recording.acc_m_s2)
    return np.hstack([gyr, recording.acc_m_s2, up])


def _sampled(channels: FloatArray, rate_hz: float) -> Counts:
    at_60_hz = average_to(channels, rate_hz, DEVICE_RATE_HZ)
    counts = np.empty((len(at_60_hz), CHANNELS), dtype=np.int16)
    for first in range(0, len(counts), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        counts[part] = _quantised(at_60_hz[part])
    return counts


def _quantised(rows: FloatArray) -> Counts:
    counts = np.empty(rows.shape, dtype=np.int16)
    mean_up = rows[:, 6:]
    length = np.linalg.norm(mean_up, axis=1, keepdims=True)
    counts[:, 0:3] = _quantise(rows[:, 0:3], GYR_COUNTS_PER_RAD_S)
    counts[:, 3:6] = _quantise(rows[:, 3:6], ACC_COUNTS_PER_M_S2)
    counts[:, 6:9] = _quantise(mean_up / np.maximum(length, 1e-9), UP_COUNTS)
    return counts
