"""What of the chip survives a reset, and how resets come about.

A brown-out is reported as switching on and a panic as a reset [MicroPython, ports/esp32]; RTC
memory is kept over every reset but not without power, which tells a brown-out from switching on.
"""

import time

import boot
import machine

_CAUSES = (
    (machine.PWRON_RESET, 0),
    (machine.HARD_RESET, 1),
    (machine.SOFT_RESET, 1),
    (machine.WDT_RESET, 2),
    (machine.DEEPSLEEP_RESET, 3),
)
_UNKNOWN = 4


class Chip:
    """Row in posturecore.flash.CAUSES, RTC memory, the watchdog and the reset."""

    def __init__(self):
        self._rtc = machine.RTC()
        self._watchdog = None
        self.cause = _UNKNOWN
        for reset, cause in _CAUSES:
            if machine.reset_cause() == reset:
                self.cause = cause

    def recall(self):
        """Return what was last remembered, as bytes; anything after a time without power."""
        return self._rtc.memory()

    def remember(self, buffer):
        """Keep a few bytes over a reset."""
        self._rtc.memory(buffer)

    def rtc_ms(self):
        """Return ms of a clock that goes on over resets and deep sleep."""
        return time.time_ns() // 1_000_000

    def watchdog(self, timeout_ms):
        """Start the watchdog, which nothing can stop; feed it with `feed()`."""
        self._watchdog = machine.WDT(timeout=timeout_ms)
        boot.stop_feeding()
        return self._watchdog

    def feed(self):
        """Feed the watchdog, if it runs."""
        if self._watchdog is not None:
            self._watchdog.feed()

    def reset(self):
        """Start again; does not return."""
        machine.reset()
