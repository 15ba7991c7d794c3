"""Six samples become one block: means and ranges, integers only, no memory between blocks.

A block is a tuple of 16 ints. numpy makes the same blocks from a whole day
(trunkline.decide.blocks).

    0 gyr mean xyz   3 acc mean xyz   6 up mean xyz     floor of sum / 6
    9 gyr range xyz  12 acc range xyz                   largest minus smallest
    15 flags
"""

from .scales import CHANNELS, SAMPLES_PER_BLOCK

GYR, ACC, UP, GYR_RANGE, ACC_RANGE, FLAGS = 0, 3, 6, 9, 12, 15
WIDTH = 16

SATURATED = 1  # a gyr or acc sample stood at the end of the int16 scale
MOTOR = 2  # our own motor ran meanwhile
CHARGING = 4  # on the charger: nobody wears it

_RANGED = 6  # gyr and acc; the gravity vector is smooth already


class BlockMaker:
    """Collects samples; `add` allocates nothing, `take` makes the tuple once a block."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = [0] * CHANNELS
        self._low = [0] * _RANGED
        self._high = [0] * _RANGED

    def add(self, samples: "list[int]", at: int) -> bool:
        """Add the sample samples[at:at + 9]; return whether a block is complete."""
        if self._count == 0:
            self._begin(samples, at)
        else:
            self._extend(samples, at)
        self._count += 1
        return self._count == SAMPLES_PER_BLOCK

    def _begin(self, samples: "list[int]", at: int) -> None:
        for i in range(CHANNELS):
            self._sum[i] = samples[at + i]
        for i in range(_RANGED):
            self._low[i] = self._high[i] = samples[at + i]

    def _extend(self, samples: "list[int]", at: int) -> None:
        for i in range(CHANNELS):
            value = samples[at + i]
            self._sum[i] += value
            if i < _RANGED:
                if value < self._low[i]:
                    self._low[i] = value
                elif value > self._high[i]:
                    self._high[i] = value

    def take(self, flags: int = 0) -> tuple[int, ...]:
        """Return the complete block and start the next."""
        self._count = 0
        means = [total // SAMPLES_PER_BLOCK for total in self._sum]
        ranges = [self._high[i] - self._low[i] for i in range(_RANGED)]
        if max(self._high) >= 32767 or min(self._low) <= -32768:
            flags |= SATURATED
        return tuple(means + ranges + [flags])

    def drop(self) -> int:
        """Forget the samples of an unfinished block (a gap follows); return how many."""
        dropped, self._count = self._count, 0
        return dropped
