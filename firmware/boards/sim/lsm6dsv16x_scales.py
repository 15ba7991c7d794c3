"""The LSM6DSV16X's rate and full-scale codes, and counts from the tape's scale to another."""

import struct

# Rates by their 4-bit code, in millihertz; codes above 12 give no samples.
RATES_MHZ = (0, 1875, 7500, 15000, 30000, 60000, 120000, 240000, 480000, 960000, 1920000)
RATES_MHZ += (3840000, 7680000, 0, 0, 0)
# The tape is in counts of 8 g and 1000 dps: numerator and denominator to the scale in use.
ACC_SCALES = ((4, 1), (2, 1), (1, 1), (1, 2))
GYR_SCALES = {0: (8, 1), 1: (4, 1), 2: (2, 1), 3: (1, 1), 4: (1, 2), 0xC: (1, 4)}
SAME = (1, 1)


def common_divisor(a, b):
    while b:  # MicroPython's math has no gcd
        a, b = b, a % b
    return a


def rescale(data, scale):
    """Three int16 in another full scale; what does not fit sticks at the limit, as on the chip."""
    if scale == SAME:
        return data
    numerator, denominator = scale
    values = [v * numerator // denominator for v in struct.unpack("<3h", data)]
    return struct.pack("<3h", *[max(-32768, min(32767, v)) for v in values])
