"""The LSM6DSV16X's wake-up detector and what its self-test adds to the outputs.

The wake-up detector compares each sample with a slow mean (the high-pass) at the sensor's rate.
"""

import struct

_CTRL10, _FUNCTIONS_ENABLE, _MD1_CFG = 0x19, 0x50, 0x5E
_INACTIVITY_DUR, _WAKE_UP_THS = 0x54, 0x5B
WATCHED = (_FUNCTIONS_ENABLE, _MD1_CFG, _INACTIVITY_DUR, _WAKE_UP_THS)
_WU_IA, _AXIS_BITS = 0x08, (0x04, 0x02, 0x01)
# One step of the threshold, 7.8125 mg times a power of two, in the tape's counts (4098 = 1 g).
_STEP_COUNTS = (32, 64, 128, 256, 512, 1024, 1024, 1024)
_MEAN_SHIFT = 3

# What the driven masses show, in the tape's counts: 300 mg and 400 dps, mid-way in ST's limits.
_DRIVEN_ACC, _DRIVEN_GYR = 1229, 11429
_SIGNS = (0, 1, -1, 0)


def driven(data, main, is_acc, dead_axes):
    """Three counts of the tape with the self-test's own on top; dead axes do not follow."""
    sign = _SIGNS[main[_CTRL10] & 3] if is_acc else _SIGNS[main[_CTRL10] >> 2 & 3]
    if not sign:
        return data
    push = sign * (_DRIVEN_ACC if is_acc else _DRIVEN_GYR)
    values = list(struct.unpack("<3h", data))
    for axis in range(3):
        if not dead_axes >> (3 * is_acc + axis) & 1:
            values[axis] = max(-32768, min(32767, values[axis] + push))
    return struct.pack("<3h", *values)


class WakeUp:
    """Call `look` when `next_us` has come; `source` is WAKE_UP_SRC, latched until it is taken."""

    def __init__(self):
        self.next_us = None
        self.source = 0

    def configure(self, main, acc_mhz, now_us, oscillator):
        is_on = main[_FUNCTIONS_ENABLE] & 0x80 and main[_MD1_CFG] & 0x20 and acc_mhz
        if not is_on:
            self.next_us = None
            self.source = 0
            return
        step = _STEP_COUNTS[main[_INACTIVITY_DUR] >> 4 & 7]
        self._threshold = step * (main[_WAKE_UP_THS] & 0x3F)
        numerator, denominator = oscillator.period_us(acc_mhz)
        self._period_us = max(1, numerator // denominator)
        self._mean = None
        self.next_us = now_us + self._period_us

    def look(self, row, is_last):
        """Compare the accelerations of a tape's row; nothing moves after the last one."""
        acc = [value << _MEAN_SHIFT for value in struct.unpack("<3h", row[6:12])]
        if self._mean is None:
            self._mean = acc
        for axis in range(3):
            away = acc[axis] - self._mean[axis]
            if abs(away) > self._threshold << _MEAN_SHIFT:
                self.source |= _WU_IA | _AXIS_BITS[axis]
            self._mean[axis] += away >> _MEAN_SHIFT
        settled = is_last and not any(a - m >> _MEAN_SHIFT for a, m in zip(acc, self._mean))
        self.next_us = None if settled else self.next_us + self._period_us

    def take(self):
        source, self.source = self.source, 0
        return source
