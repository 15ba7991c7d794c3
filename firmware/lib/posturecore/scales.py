"""The device's units: what one count of each int16 is worth, and how long a block lasts.

The rate is carried in millihertz, because the chip's real rate (its own INTERNAL_FREQ register)
differs from 60 Hz by up to a few percent and durations must use the real one.
"""

UP_LSB_PER_G = 16393  # 0.061 mg/LSB, LSM6DSV16X gravity vector word
ACC_LSB_PER_G = 4098  # 0.244 mg/LSB at ±8 g
GYR_UDPS_PER_LSB = 35000  # micro-degrees per second, at ±1000 °/s

NOMINAL_RATE_MHZ = 60000
SAMPLES_PER_BLOCK = 6
CHANNELS = 9  # gyr xyz, acc xyz, up xyz


def gyr_lsb(dps: int) -> int:
    """Turn whole degrees per second into gyroscope counts."""
    return dps * 1000000 // GYR_UDPS_PER_LSB


def acc_lsb(mg: int) -> int:
    """Turn milli-g into accelerometer counts."""
    return mg * ACC_LSB_PER_G // 1000


def up_lsb(mg: int) -> int:
    """Turn milli-g into counts of the gravity vector."""
    return mg * UP_LSB_PER_G // 1000


def blocks_for_s(duration_s: int, rate_mhz: int) -> int:
    """Count the blocks that cover a duration, rounded up, at the chip's real rate.

    Up to 17,000 s: the product must stay inside 2**30.
    """
    block_mhz = 1000 * SAMPLES_PER_BLOCK
    return (duration_s * rate_mhz + block_mhz - 1) // block_mhz


def blocks_for_ms(duration_ms: int, rate_mhz: int) -> int:
    """Count the blocks that cover a short duration (at most 17 s), rounded up."""
    block_uhz = 1000000 * SAMPLES_PER_BLOCK
    return (duration_ms * rate_mhz + block_uhz - 1) // block_uhz
