"""What of the virtual chip survives a reset: RTC memory, a clock, the cause; and its watchdog.

RTC memory is a file that the host deletes when it pulls the battery.
"""

import os

RESET, WATCHDOG = 1, 2  # rows of posturecore.flash.CAUSES


class Chip:
    """The calls of the real board's chip.py, on virtual time."""

    def __init__(self, board):
        self._board = board
        self._memory = os.getenv("TRUNKLINE_SIM_RTC")
        self._timeout_us = 0
        self._due_us = None
        self.cause = int(os.getenv("TRUNKLINE_SIM_CAUSE") or 0)

    def recall(self):
        try:
            with open(self._memory, "rb") as file:
                return file.read()
        except (OSError, TypeError):
            return b""

    def remember(self, buffer):
        if self._memory:
            with open(self._memory, "wb") as file:
                file.write(buffer)

    def rtc_ms(self):
        return self._board.now_us // 1000 & 0xFFFFFFFF

    def watchdog(self, timeout_ms):
        self._timeout_us = timeout_ms * 1000
        self.feed()
        return self

    def feed(self):
        self._due_us = self._board.now_us + self._timeout_us

    def watch(self):
        """Time has passed: bite if nobody fed."""
        if self._due_us is not None and self._board.now_us >= self._due_us:
            self._board.link.restart(WATCHDOG)

    def reset(self):
        self._board.link.restart(RESET)
