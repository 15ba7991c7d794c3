"""Neutral pose from a few seconds of standing still; refuses what it cannot trust."""

from .angles import dot_q14, isqrt, norm
from .blocks import ACC, ACC_RANGE, FLAGS, GYR, MOTOR, SATURATED, UP
from .scales import ACC_LSB_PER_G, UP_LSB_PER_G, acc_lsb, gyr_lsb

(
    RUNNING,
    DONE,
    MOVING,
    NOT_UPRIGHT,
    SATURATION,
    NO_GRAVITY,
    NOT_STORED,
    NO_BEND,
    TWISTED,
    BOW_NOW,
) = range(10)
MEANINGS = (
    "calibrating",
    "neutral pose stored",
    "refused: you moved; stand or sit still and try again",
    "refused: the sensor is not upright; wear it with the arrow up and try again",
    "refused: the sensor was shaken or knocked; try again",
    "refused: gravity is missing; check the sensor and try again",
    "refused: the device could not store it; switch it off and on and try again",
    "refused: no bend of 30° was held for a second; bow further and hold it",
    "refused: you twisted or leaned aside; bow straight forward and try again",
    "standing pose taken; now bow forward by 30° or more, and hold it",
)

# Every axis SD < 0.02 g and every gyro axis < 3 °/s (docs/detection.md). A deviation of 0.1 g is
# refused at once, which also keeps the sum of squares inside 2**30 for up to 80 blocks.
_SD_LSB = acc_lsb(20)
_FAR_LSB = acc_lsb(97)
_GYR_LSB = gyr_lsb(3)
_COS_60 = UP_LSB_PER_G // 2


def is_gravity(length: int) -> bool:
    """Tell whether a gravity vector is 1 g within 15 %: a word from a working chip always is."""
    return abs(length - UP_LSB_PER_G) < UP_LSB_PER_G * 15 // 100


# The same question about the square of half the length, without a root: norm() is even.
_SHORTEST = UP_LSB_PER_G - UP_LSB_PER_G * 15 // 100
_LONGEST = UP_LSB_PER_G + UP_LSB_PER_G * 15 // 100
SQUARE_LOW = (_SHORTEST // 2 + 1) * (_SHORTEST // 2 + 1)
SQUARE_HIGH = (_LONGEST + 1) // 2 * ((_LONGEST + 1) // 2)


def has_gravity(block: tuple[int, ...]) -> bool:
    """Tell whether a block's up vector is 1 g within 15 %."""
    x, y, z = block[UP] >> 1, block[UP + 1] >> 1, block[UP + 2] >> 1
    return SQUARE_LOW <= x * x + y * y + z * z < SQUARE_HIGH


class Calibrator:
    """Give it blocks until `code` leaves RUNNING; on DONE, `up` is the neutral pose."""

    def __init__(self, blocks: int, upright: tuple[int, int, int] | None = (16384, 0, 0)) -> None:
        """`upright` is what up must be like, within 60°, in Q14; None: any mounting will do."""
        self._upright = upright
        self.code = RUNNING
        self.up = (0, 0, 0)
        self.worst_sd_mg = 0
        self._wanted = blocks
        self._count = 0
        self._first: tuple[int, ...] = ()
        self._sum = [0, 0, 0]
        self._squares = [0, 0, 0]
        self._up = [0, 0, 0]

    def block(self, block: tuple[int, ...]) -> int:
        """Add a block and return the code."""
        if self.code != RUNNING or block[FLAGS] & MOTOR:
            return self.code  # our own motor is no reason to refuse, nor a pose to measure
        self.code = self._refusal(block)
        if self.code == RUNNING:
            self._count += 1
            if self._count == self._wanted:
                self._finish()
        return self.code

    def _refusal(self, block: tuple[int, ...]) -> int:
        if block[FLAGS] & SATURATED:
            return SATURATION
        if not self._first:
            self._first = block
        for i in range(3):
            deviation = block[ACC + i] - self._first[ACC + i]
            if max(abs(deviation), block[ACC_RANGE + i]) > _FAR_LSB:
                return MOVING
            if abs(block[GYR + i]) > _GYR_LSB:
                return MOVING
            self._sum[i] += deviation
            self._squares[i] += deviation * deviation
            self._up[i] += block[UP + i]
        return RUNNING

    def _finish(self) -> None:
        worst = 0
        for i in range(3):
            mean = self._sum[i] // self._count
            worst = max(worst, self._squares[i] // self._count - mean * mean)
            self._up[i] //= self._count
        self.up = (self._up[0], self._up[1], self._up[2])
        self.worst_sd_mg = isqrt(worst) * 1000 // ACC_LSB_PER_G
        self.code = DONE
        if worst > _SD_LSB * _SD_LSB:
            self.code = MOVING
        elif not is_gravity(norm(*self.up)):
            self.code = NO_GRAVITY
        elif self._upright and dot_q14(self._upright, self.up) < _COS_60:
            self.code = NOT_UPRIGHT
