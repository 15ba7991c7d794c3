"""Steps, and the bouts of walking they make, from the vertical acceleration of the trunk.

    a step    the vertical rises over 38 mg from below -20 mg, 4 blocks after the last or later
    a chain   steps no more than 16 blocks apart
    walking   a chain of 6 steps, 4 of them over 100 mg

At 10 blocks a second that is up to 2.5 steps a second. Bouts need five steps in
Paraschiv-Ionescu's detector (mobgap) and the active threshold there is 0.1 g; the sixth step
brings the feet together. Sitting down and turning on the spot make three to five such steps.
38 mg and 16 blocks are tuned on one clip of a healthy adult's lower back (docs/detection.md).
"""

from .scales import acc_lsb

RISE_LSB = acc_lsb(38)
FALL_LSB = -acc_lsb(20)
_STRONG_LSB = acc_lsb(100)
_SHORTEST, _LONGEST = 4, 16
_STEPS, _STRONG_STEPS = 6, 4


class Steps:
    """Call `step` once a block with a growing `at`."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the chain: samples are missing."""
        self.count = 0
        self.is_walking = False
        self.is_new = False  # whether the last block held a step
        self.is_armed = False
        self.first = 0  # blocks of the chain's first, last but one and last step
        self.before_last = 0
        self._last = -_LONGEST
        self._strong = 0
        self._is_strong = False

    def step(self, at: int, vertical: int) -> None:
        """Take the vertical acceleration of block `at` in accelerometer counts."""
        self.is_new = False
        if self.count and at - self._last > _LONGEST:
            self.end()
            return
        if vertical < FALL_LSB:
            self.is_armed = True
        elif vertical > RISE_LSB and self.is_armed and at - self._last >= _SHORTEST:
            self._add(at)
        if self.count == 0:
            return
        # The peak is in the block of the rise or in the next.
        if vertical > _STRONG_LSB and not self._is_strong and at - self._last <= 1:
            self._is_strong = True
            self._strong += 1
        if self.count >= _STEPS and self._strong >= _STRONG_STEPS:
            self.is_walking = True

    def _add(self, at: int) -> None:
        self.is_armed = self._is_strong = False
        self.is_new = True
        if self.count == 0:
            self.first = self._last = at
        self.count += 1
        self.before_last, self._last = self._last, at

    def end(self) -> None:
        """End the chain; its last but one step stays known."""
        self.is_new = False
        self.count = self._strong = 0
        self.is_walking = False
