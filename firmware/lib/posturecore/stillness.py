"""Is anybody there? Told by the small movements that a living trunk cannot help making.

    a sign      1.5 mg or 0.5 °/s away from the pose at the last sign, watched twice a second
    in doubt    20 seconds without one, or 3 in or after a movement: no slouch is judged
    off body    5 minutes without one

Breathing moves a still trunk's accelerometer by ±4 to ±8 mg at 0.1 to 0.5 Hz, and turns it; a
table does neither, nor does a bag that stands on one. In 91 s of a real lower back that sits and
stands (clip of scikit-digital-health) no wait for a sign is over 3 s; with 2 mg, once a second,
one is 6 s. The rules for wrists (13 mg in van Hees) would call a still wearer absent.

A bump is a sign too, and movement proves no wearer: a case that is taken off, carried and put
down moves. So a sign is worth 5 seconds of trust, of at most 20; a second without takes one away;
and a movement leaves at most 3. Once all is lost it takes 12 to win it back: a breath or two.
"""

from .blocks import ACC, GYR
from .scales import acc_lsb, blocks_for_s, gyr_lsb

EVERY_BLOCKS = 5  # often enough to see a breath
OFF_BODY_S = 300
# Trust, in watches: 20, 5, 12 and 3 seconds; all [D].
_FULL, _SIGN, _ENOUGH, _MOVED = 40, 10, 24, 6
_MOVED_ACC_LSB = acc_lsb(3) // 2  # [D]; noise of a block is 0.13 mg
_MOVED_GYR_LSB = gyr_lsb(1) // 2  # 0.5 °/s; noise of a block is 0.01 °/s


class Stillness:
    """Call `step` once a block; watches every fifth, and every one while off the body."""

    def __init__(self, rate_mhz: int) -> None:
        self._off_blocks = blocks_for_s(OFF_BODY_S, rate_mhz)
        self._pose = [0] * 6
        self.restart()

    def restart(self) -> None:
        """Forget the past: samples are missing; the wearer has the benefit of the doubt."""
        self._since = -1  # block of the last sign
        self._trust = _FULL
        self.is_in_doubt = False
        self.is_off = False

    def step(self, at: int, block: tuple[int, ...]) -> None:
        """Compare block `at` with the pose at the last sign."""
        if at % EVERY_BLOCKS and not self.is_off:
            return
        if self._since < 0 or self._has_moved(block):
            self._since = at
            self.is_off = False
            self._trust = min(self._trust + _SIGN, _FULL)
            if self._trust >= _ENOUGH:
                self.is_in_doubt = False
            pose = self._pose
            for i in range(3):
                pose[i], pose[3 + i] = block[ACC + i], block[GYR + i]
            return
        if self._trust:
            self._trust -= 1
            self.is_in_doubt = self.is_in_doubt or self._trust == 0
        if at - self._since >= self._off_blocks:
            self.is_off = True

    def disturb(self) -> None:
        """Keep little trust: what moves may be taken off, or put down."""
        self._trust = min(self._trust, _MOVED)

    def _has_moved(self, block: tuple[int, ...]) -> bool:
        pose = self._pose
        for i in range(3):
            if not -_MOVED_ACC_LSB <= block[ACC + i] - pose[i] <= _MOVED_ACC_LSB:
                return True
            if not -_MOVED_GYR_LSB <= block[GYR + i] - pose[3 + i] <= _MOVED_GYR_LSB:
                return True
        return False

    def blocks_left(self, at: int) -> int:
        """Return for how many blocks from `at` on nothing can be decided here, if not in doubt."""
        return -at % EVERY_BLOCKS + (self._trust - 1) * EVERY_BLOCKS
