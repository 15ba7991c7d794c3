"""Which way is forward: from a bow, whatever way the sensor is mounted.

    u0  up while standing      right   = u0 × u1, made a unit vector
    u1  up while bowing        forward = u0 × right

A forward bow turns the trunk about its right axis, so gravity and gyroscope must name the same
axis: within 15°, and with little turning about any other, or the wearer twisted and is asked
again. Backward cannot be told from forward: the wearer is asked to bow. Limits: 30° held for 1 s,
80 % of the turning about one axis [D].
"""

from .angles import atan2_cdeg, cross, dot_q14, norm, unit
from .blocks import FLAGS, GYR, MOTOR, SATURATED, UP
from .calibrate import (
    BOW_NOW,
    DONE,
    MOVING,
    NO_BEND,
    NO_GRAVITY,
    RUNNING,
    SATURATION,
    TWISTED,
    Calibrator,
    has_gravity,
)
from .scales import gyr_lsb

_LEAST_CDEG = 3000
_HELD_BLOCKS = 10
_SWAY_CDEG = 500
_STILL_LSB = gyr_lsb(15)
_WAIT_BLOCKS = 150
_COS_15_Q14 = 15826
_STRAIGHT_PCT = 80

NOMINAL = (0, 0, 16384)  # the arrow on the case points up: its z axis points forward


class Bow:
    """Give it blocks after standing still until `code` leaves RUNNING; DONE: `ahead` is good."""

    def __init__(self, up: tuple[int, int, int]) -> None:
        self.code = RUNNING
        self.ahead = NOMINAL
        self.angle_cdeg = 0  # the deepest so far
        self._up = unit(*up)
        self._count = self._held = self._path = self._held_cdeg = 0
        self._turned = [0, 0, 0]
        self._low = [0, 0, 0]

    def block(self, block: tuple[int, ...]) -> int:
        """Add a block and return the code."""
        if self.code != RUNNING or block[FLAGS] & MOTOR:
            return self.code
        self._count += 1
        if block[FLAGS] & SATURATED:
            self.code = SATURATION
        elif not has_gravity(block):
            self.code = NO_GRAVITY
        else:
            self._add(block)
            if self.code == RUNNING and self._count >= _WAIT_BLOCKS:
                self.code = MOVING if self.angle_cdeg >= _LEAST_CDEG else NO_BEND
        return self.code

    def _add(self, block: tuple[int, ...]) -> None:
        up = unit(block[UP], block[UP + 1], block[UP + 2])
        aside = norm(*cross(self._up, up))
        angle_cdeg = atan2_cdeg(aside, dot_q14(self._up, up))
        self.angle_cdeg = max(self.angle_cdeg, angle_cdeg)
        speed = norm(block[GYR], block[GYR + 1], block[GYR + 2])
        self._path += speed
        for i in range(3):
            self._turned[i] += block[GYR + i]
        is_held = angle_cdeg >= _LEAST_CDEG and speed < _STILL_LSB
        if not is_held or abs(angle_cdeg - self._held_cdeg) > _SWAY_CDEG:
            self._held, self._held_cdeg = 0, angle_cdeg
            self._low = [0, 0, 0]
        if is_held:
            self._held += 1
            for i in range(3):
                self._low[i] += up[i]
            if self._held == _HELD_BLOCKS:
                self._finish()

    def _finish(self) -> None:
        low = self._low
        bowed = unit(low[0] // _HELD_BLOCKS, low[1] // _HELD_BLOCKS, low[2] // _HELD_BLOCKS)
        right = unit(*cross(self._up, bowed))
        # At most 150 blocks of an int16: a shift by 8 brings the sum back into one.
        x, y, z = self._turned[0] >> 8, self._turned[1] >> 8, self._turned[2] >> 8
        straight = norm(x, y, z)
        self.code = TWISTED
        if straight * 100 < (self._path >> 8) * _STRAIGHT_PCT or straight < 4:
            return
        # A sum of 30° or more is at least 33 counts after the shift.
        along = (x * right[0] >> 4) + (y * right[1] >> 4) + (z * right[2] >> 4) >> 10
        if -along * 16384 >= straight * _COS_15_Q14:
            self.ahead = cross(self._up, right)
            self.code = DONE


class StandAndBow:
    """Both, one after the other: `block` says BOW_NOW once, when the standing pose is taken."""

    def __init__(self, blocks: int) -> None:
        self.code = RUNNING
        self.ahead = NOMINAL
        self._stand = Calibrator(blocks, None)
        self._bow: Bow | None = None

    @property
    def up(self) -> tuple[int, int, int]:
        """The standing pose."""
        return self._stand.up

    @property
    def worst_sd_mg(self) -> int:
        """How still it was."""
        return self._stand.worst_sd_mg

    def block(self, block: tuple[int, ...]) -> int:
        """Add a block and return the code."""
        if self._bow is None:
            self.code = self._stand.block(block)
            if self.code == DONE:
                self._bow = Bow(self._stand.up)
                self.code = RUNNING
                return BOW_NOW
        else:
            self.code = self._bow.block(block)
            self.ahead = self._bow.ahead
        return self.code
