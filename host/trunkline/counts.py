"""A recording as the device would have sampled it: 60 Hz, int16, nine channels.

Any rate is brought to 60 Hz by area averaging (each new sample is the mean of the old signal over
its interval), never by picking samples: averaging was measured to matter more than the choice of
filter. A recording that is at 60 Hz already keeps its samples, so device data survives unchanged.
"""

import numpy as np
from numpy.typing import NDArray

from posturecore.scales import CHANNELS, NOMINAL_RATE_MHZ
from trunkline.recording import STANDARD_GRAVITY_M_S2, Recording

FloatArray = NDArray[np.float64]

DEVICE_RATE_HZ = NOMINAL_RATE_MHZ / 1000
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


def _quantise(values: FloatArray, counts_per_unit: float) -> NDArray[np.int16]:
    counts = np.rint(values * counts_per_unit)
    return np.clip(counts, -32768, 32767).astype(np.int16)


def to_counts(recording: Recording, up: FloatArray) -> NDArray[np.int16]:
    """Make device samples of a recording and its gravity.

    Args:
        recording: In the sensor frame; without a gyroscope its rate counts as zero.
        up: (N, 3) unit vectors pointing up, one a sample of the recording.

    Returns:
        (M, 9) int16 at 60 Hz: gyr, acc, up, in the scales of posturecore.scales.
    """
    gyr = recording.gyr_rad_s
    if gyr is None:
        gyr = np.zeros_like(recording.acc_m_s2)
    channels = np.hstack([gyr, recording.acc_m_s2, up])
    at_60_hz = average_to(channels, recording.rate_hz, DEVICE_RATE_HZ)
    mean_up = at_60_hz[:, 6:]
    length = np.linalg.norm(mean_up, axis=1, keepdims=True)
    at_60_hz[:, 6:] = mean_up / np.maximum(length, 1e-9)
    counts = np.empty((len(at_60_hz), CHANNELS), dtype=np.int16)
    counts[:, 0:3] = _quantise(at_60_hz[:, 0:3], GYR_COUNTS_PER_RAD_S)
    counts[:, 3:6] = _quantise(at_60_hz[:, 3:6], ACC_COUNTS_PER_M_S2)
    counts[:, 6:9] = _quantise(at_60_hz[:, 6:9], UP_COUNTS)
    return counts
