"""What of the virtual chip survives a reset: RTC memory, a clock, the cause; and its watchdog.

RTC memory is a file that the host deletes when it pulls the battery. It is written twice a second
and before the chip resets by itself: a write for every turn of the loop would slow a virtual day.
"""

import os

RESET, WATCHDOG = 1, 2  # rows of posturecore.flash.CAUSES
_KEEP_US = 500_000


class Chip:
    """The calls of the real board's chip.py, on virtual time."""

    def __init__(self, board):
        self._board = board
        self._path = os.getenv("TRUNKLINE_SIM_RTC")
        self._memory = None
        self._kept_us = 0
        board.link.on_restart = self._keep
        self._timeout_us = 0
        self._due_us = None
        self.cause = int(os.getenv("TRUNKLINE_SIM_CAUSE") or 0)

    def recall(self):
        try:
            with open(self._path, "rb") as file:
                return file.read()
        except (OSError, TypeError):
            return b""

    def remember(self, buffer):
        if self._memory is None or len(self._memory) != len(buffer):
            self._memory = bytearray(len(buffer))
        self._memory[:] = buffer

    def _keep(self):
        self._kept_us = self._board.now_us
        if self._path and self._memory is not None:
            with open(self._path, "wb") as file:
                file.write(self._memory)

    def rtc_ms(self):
        return self._board.now_us // 1000

    def watchdog(self, timeout_ms):
        self._timeout_us = timeout_ms * 1000
        self.feed()
        return self

    def feed(self):
        self._due_us = self._board.now_us + self._timeout_us

    def watch(self):
        """Time has passed: bite if nobody fed."""
        if self._board.now_us - self._kept_us >= _KEEP_US:
            self._keep()
        if self._due_us is not None and self._board.now_us >= self._due_us:
            self._board.link.restart(WATCHDOG)

    def reset(self):
        self._board.link.restart(RESET)
