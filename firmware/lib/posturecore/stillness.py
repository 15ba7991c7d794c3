"""Off the body: five minutes in which nothing moves, not even as breathing moves a trunk.

Breathing moves a still trunk's accelerometer by ±4 to ±8 mg at 0.1 to 0.5 Hz, and turns it; a
table does neither. The rules for wrists (13 mg in van Hees) would call a still wearer absent.
"""

from .blocks import ACC, GYR
from .scales import acc_lsb, blocks_for_s, gyr_lsb

EVERY_BLOCKS = 10  # once a second is enough to see a breath
OFF_BODY_S = 300
_MOVED_ACC_LSB = acc_lsb(2)  # a breath of ±2 mg is seen: [D]; noise of a block is 0.13 mg
_MOVED_GYR_LSB = gyr_lsb(1) // 2  # 0.5 °/s; noise of a block is 0.01 °/s


class Stillness:
    """Call `step` once a block; watches every tenth, and every one while off the body."""

    def __init__(self, rate_mhz: int) -> None:
        self._off_blocks = blocks_for_s(OFF_BODY_S, rate_mhz)
        self._pose = [0] * 6
        self.restart()

    def restart(self) -> None:
        """Forget the past: samples are missing."""
        self._since = -1  # block of the last movement
        self.is_off = False

    def step(self, at: int, block: tuple[int, ...]) -> None:
        """Compare block `at` with the pose since the last movement."""
        if at % EVERY_BLOCKS and not self.is_off:
            return
        if self._since < 0 or self._has_moved(block):
            self._since = at
            self.is_off = False
            pose = self._pose
            for i in range(3):
                pose[i], pose[3 + i] = block[ACC + i], block[GYR + i]
        elif at - self._since >= self._off_blocks:
            self.is_off = True

    def _has_moved(self, block: tuple[int, ...]) -> bool:
        pose = self._pose
        for i in range(3):
            if not -_MOVED_ACC_LSB <= block[ACC + i] - pose[i] <= _MOVED_ACC_LSB:
                return True
            if not -_MOVED_GYR_LSB <= block[GYR + i] - pose[3 + i] <= _MOVED_GYR_LSB:
                return True
        return False

    def blocks_left(self, at: int) -> int:
        """Return for how many blocks from `at` on nothing can be decided here."""
        return self._off_blocks - (at - self._since) if self._since >= 0 else self._off_blocks
