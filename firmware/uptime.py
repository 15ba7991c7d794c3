"""Milliseconds since boot, over every wrap of the board's ticks."""


class Uptime:
    """Ask it at least once in six days: the ticks wrap after twelve."""

    def __init__(self, clock):
        self._clock = clock
        self._ticks_ms = clock.ticks_ms()
        self._ms = 0

    def ms(self):
        """Return ms since boot; what the wire carries of it wraps after 49 days."""
        now_ms = self._clock.ticks_ms()
        self._ms = (self._ms + self._clock.ticks_diff(now_ms, self._ticks_ms)) & 0xFFFFFFFF
        self._ticks_ms = now_ms
        return self._ms
