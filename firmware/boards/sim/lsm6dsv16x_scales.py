"""The LSM6DSV16X's rate and scale codes, what goes into its FIFO, and counts in another scale."""

import struct

# Rates by their 4-bit code, in millihertz; codes above 12 give no samples.
RATES_MHZ = (0, 1875, 7500, 15000, 30000, 60000, 120000, 240000, 480000, 960000, 1920000)
RATES_MHZ += (3840000, 7680000, 0, 0, 0)
# The tape is in counts of 8 g and 1000 dps: numerator and denominator to the scale in use.
ACC_SCALES = ((4, 1), (2, 1), (1, 1), (1, 2))
GYR_SCALES = {0: (8, 1), 1: (4, 1), 2: (2, 1), 3: (1, 1), 4: (1, 2), 0xC: (1, 4)}
SAME = (1, 1)


def batch_rates(main, embedded, gyr_mhz, acc_mhz):
    """FIFO words a second of gyro, acceleration and gravity, in millihertz, by the registers."""
    codes = main[0x09]  # FIFO_CTRL3
    sflp_mhz = 15000 << (embedded[0x5E] >> 3 & 7)  # SFLP_ODR
    is_sflp_on = embedded[0x04] & 0x02  # EMB_FUNC_EN_A
    is_batched = embedded[0x44] & 0x10  # EMB_FUNC_FIFO_EN_A
    # Embedded functions want both sensors at least as fast as themselves.
    can_fuse = min(acc_mhz, gyr_mhz) >= sflp_mhz
    return (
        min(RATES_MHZ[codes >> 4], gyr_mhz),
        min(RATES_MHZ[codes & 15], acc_mhz),
        sflp_mhz if is_sflp_on and is_batched and can_fuse else 0,
    )


def rescale(data, scale):
    """Three int16 in another full scale; what does not fit sticks at the limit, as on the chip."""
    if scale == SAME:
        return data
    numerator, denominator = scale
    values = [v * numerator // denominator for v in struct.unpack("<3h", data)]
    return struct.pack("<3h", *[max(-32768, min(32767, v)) for v in values])
