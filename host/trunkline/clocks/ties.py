"""Blocks and ms of one boot: which moment of the device's clock a block began at.

Records count blocks, anchors count ms. Some records have both and tie them together; between two
ties time is shared out evenly, and outside of them the sensor's rate leads on.
"""

from bisect import bisect_right
from dataclasses import dataclass

from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK

TIE_MS = 1000  # a FIFO's batch and a turn of the loop, 0.5 s each
START_MS, START_UNCERTAINTY_MS = 1000, 2000  # when block 0 begins: self-test, opening the log [D]
RATE_PPM = 10_000  # how far the sensor's stated rate may be off [D]; 5 % is called a fault


@dataclass(frozen=True)
class DeviceTime:
    """A moment of a boot: ms since its start, and how far off that may be."""

    ms: int
    uncertainty_ms: int


class Ties:
    """Pairs of a block and the ms at which it began, in order; the first is the start itself."""

    def __init__(self, rate_mhz: int) -> None:
        """Begin a boot.

        Args:
            rate_mhz: The sensor's rate as the device states it; 0: it had none at the start.
        """
        self._block_us = SAMPLES_PER_BLOCK * 1_000_000_000 // (rate_mhz or NOMINAL_RATE_MHZ)
        self._blocks = [0]
        self._ms = [START_MS]

    def add(self, block: int, ms: int) -> None:
        """Tie a block to the ms at which it began; what goes back in either is left out."""
        if block > self._blocks[-1] and ms > self._ms[-1]:
            self._blocks.append(block)
            self._ms.append(ms)

    def at(self, block: int) -> DeviceTime:
        """Give the ms at which a block began."""
        after = bisect_right(self._blocks, block)
        before = after - 1
        block_a, ms_a = self._blocks[before], self._ms[before]
        own_ms = START_UNCERTAINTY_MS if before == 0 else TIE_MS
        passed_ms = self._nominal_ms(block - block_a)
        if after == len(self._blocks):
            return DeviceTime(ms_a + passed_ms, own_ms + abs(passed_ms) * RATE_PPM // 1_000_000)
        block_b, ms_b = self._blocks[after], self._ms[after]
        even_ms = ms_a + (block - block_a) * (ms_b - ms_a) // (block_b - block_a)
        # Whatever made the pace uneven may have been all before this block, or all after it.
        early_ms = ms_a + passed_ms
        late_ms = ms_b - self._nominal_ms(block_b - block)
        uneven_ms = max(abs(even_ms - early_ms), abs(even_ms - late_ms))
        return DeviceTime(even_ms, own_ms + uneven_ms)

    def _nominal_ms(self, blocks: int) -> int:
        return blocks * self._block_us // 1000
