"""How the trunk moves within one block, whatever way the sensor is mounted.

The vertical is acceleration along gravity, less 1 g: the same at C7 and at L5, in every mounting.
"""

from .blocks import ACC, ACC_RANGE, GYR, UP
from .scales import ACC_LSB_PER_G, UP_LSB_PER_G, acc_lsb, gyr_lsb, up_lsb

# 0.1 g beside gravity is the active threshold of Paraschiv-Ionescu's gait detector (mobgap).
_SHAKEN_LSB = up_lsb(100)
_TURN_LSB = gyr_lsb(20)  # [D]

# Between two movements: 0.02 g of mean and 0.01 g of spread in sit2stand of scikit-digital-health
# (Adamowicz 2020); wider here for a block of 0.1 s, and for the zero offset of a MEMS sensor.
_REST_LSB = acc_lsb(40)
_REST_RANGE_LSB = acc_lsb(60)
_REST_TURN_LSB = gyr_lsb(8)


LIMITS = (_TURN_LSB, _SHAKEN_LSB, _REST_LSB, _REST_RANGE_LSB, _REST_TURN_LSB)
ONE_G = ACC_LSB_PER_G * UP_LSB_PER_G >> 14


def vertical_counts(block: tuple[int, ...]) -> int:
    """Return the upward acceleration in accelerometer counts; needs a good gravity vector."""
    # An int16 times 1.15 g of gravity is below 2**30, a sum of three is not: shift first.
    return (
        (block[ACC] * block[UP] >> 4)
        + (block[ACC + 1] * block[UP + 1] >> 4)
        + (block[ACC + 2] * block[UP + 2] >> 4)
        >> 10
    ) - ONE_G


def turn_counts(block: tuple[int, ...]) -> int:
    """Return the rate of turn about the vertical in gyroscope counts, to the left positive."""
    return (block[GYR] * block[UP] >> 4) + (block[GYR + 1] * block[UP + 1] >> 4) + (
        block[GYR + 2] * block[UP + 2] >> 4
    ) >> 10


def is_moving(block: tuple[int, ...]) -> bool:
    """Tell whether the trunk turns faster than 20 °/s or is shaken by more than 0.1 g."""
    for i in range(3):
        if not -_TURN_LSB <= block[GYR + i] <= _TURN_LSB:
            return True
        # An acc count is 0.244 mg, four up counts.
        if not -_SHAKEN_LSB <= (block[ACC + i] << 2) - block[UP + i] <= _SHAKEN_LSB:
            return True
    return False


def is_at_rest(block: tuple[int, ...], vertical: int) -> bool:
    """Tell whether the trunk stands still between two movements."""
    if not -_REST_LSB < vertical < _REST_LSB:
        return False
    for i in range(3):
        if not -_REST_TURN_LSB < block[GYR + i] < _REST_TURN_LSB:
            return False
        if block[ACC_RANGE + i] > _REST_RANGE_LSB:
            return False
    return True
