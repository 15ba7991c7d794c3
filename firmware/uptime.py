"""Time since the start, which outlives the wrap of the board's ticks after twelve days."""

GOOD_MS = 60_000  # so long without a fault, and a start has not failed [D]


class Uptime:
    """`ms` since boot as a u32; `tend` at least once in six days."""

    def __init__(self, clock):
        self.ms = 0
        self._clock = clock
        self._ticks_ms = clock.ticks_ms()

    def tend(self):
        now_ms = self._clock.ticks_ms()
        passed_ms = self._clock.ticks_diff(now_ms, self._ticks_ms)
        self.ms = (self.ms + passed_ms) & 0xFFFFFFFF
        self._ticks_ms = now_ms
