"""The filters that are compared, all with one signature: rate, gyr, acc in, up out."""

import numpy as np
import vqf

from posturecore.gravity import GravityFilter as IntegerFilter
from posturecore.scales import UP_LSB_PER_G
from trunkline.decide.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S
from trunkline.filter.gravity import GravityFilter, gravity
from trunkline.recordings.recording import Recording

from .motion import FloatArray


def up_of(quaternion: FloatArray) -> FloatArray:
    """Give the earth's z axis in the sensor's."""
    w, x, y, z = quaternion.T
    return np.stack([2 * (x * z - w * y), 2 * (w * x + y * z), 1 - 2 * (x * x + y * y)], axis=1)


def online(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    """Run our filter as a stream."""
    return GravityFilter(rate_hz).update(gyr, acc)


def offline(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    """Run our filter over the whole; the reader's checks are not what is compared."""
    return gravity(Recording(rate_hz=rate_hz, acc_m_s2=acc, gyr_rad_s=gyr))


def vqf_online(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    """Run VQF with its default parameters."""
    return up_of(vqf.VQF(1 / rate_hz).updateBatch(gyr, acc)["quat6D"])


def vqf_offline(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    """Run offlineVQF with its default parameters."""
    return up_of(vqf.offlineVQF(gyr, acc, None, 1 / rate_hz)["quat6D"])


def integer(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    """Run the device's integer filter on int16 samples."""
    wanted = np.rint(np.hstack([gyr * GYR_COUNTS_PER_RAD_S, acc * ACC_COUNTS_PER_M_S2]))
    counts = np.clip(wanted, -32768, 32767).astype(int).tolist()
    filter_, samples = IntegerFilter(round(rate_hz * 1000)), [0] * 9
    up = np.empty((len(counts), 3))
    for k, six in enumerate(counts):
        samples[:6] = six
        filter_.step(samples, 0)
        up[k] = samples[6:]
    return up / UP_LSB_PER_G
