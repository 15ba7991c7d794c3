"""The numbers of the gravity filter at a sampling rate; gravity.py says what they are for."""


def turn_gain(rate_mhz: int) -> tuple[int, int]:
    """Return what makes a turn of counts, as 12 bits and a shift."""
    value, shift = 1281077, 0  # a count is 6.10865e-4 rad/s
    while value < 2048 * rate_mhz:
        value, shift = value << 1, shift + 1
    return (value + (rate_mhz >> 1)) // rate_mhz, shift


def k1_gain(rate_mhz: int) -> tuple[int, int]:
    """Return k1 · 2**16 = 14563.6 / f², as 12 bits and a shift."""
    value, shift = (1 << 29) // rate_mhz, 8
    value *= value
    while value < 1 << 27:
        value, shift = value << 1, shift + 1
    while value >= 1 << 28:
        value, shift = value >> 1, shift - 1
    return value // 77309, shift


def k2_gain(rate_mhz: int) -> tuple[int, int]:
    """Return k2 · 2**8 = 170.667 / f, as 10 bits and a shift."""
    value, shift = 170667, 0
    while value < 512 * rate_mhz:
        value, shift = value << 1, shift + 1
    return value // rate_mhz, shift


def block_gains(rate_mhz: int) -> tuple[int, int, int]:
    """Return a block's samples, its variance at rest, and counts in a rad/s over its length."""
    count = (rate_mhz + 1000) // 2000  # half a second
    # (81 / Ts + 9) / n, in 64ths.
    rest_variance = (81 * rate_mhz // 1000 + 9) * 64 // count
    # 28.65 / T, 1637.02 / T.
    return count, rest_variance, 1637 * rate_mhz // (1000 * count)
