"""What the last run leaves for the next one, in memory that a reset does not clear.

    0       4         8        12       16    17     18      20       22    24     25      26
    +-------+---------+--------+--------+-----+------+-------+--------+-----+------+-------+------+
    | magic | boot_id | uptime | rtc_ms | end |watch | errno | rtc up | crc | done | ~done | last |
    +-------+---------+--------+--------+-----+------+-------+--------+-----+------+-------+------+
    little-endian; rtc up counts the 49.7 days of rtc_ms, so that a device that lay in a drawer for
    two months is not away for ten days; crc is the low half of the crc32 of what is before it

`done` (a bit for each task that has checked in) and `last` (the one that did so last) change many
times a second and stand apart: nothing is computed or allocated for them.
"""

from binascii import crc32
from struct import pack_into, unpack_from

from posturecore.flash import CAUSES

UNKNOWN_MS = 4294967295
RUNNING, TOLD, RAISED = 0, 1, 2  # how a run ends: by no will of its own, as told, by an error
_MAGIC = 0x4D555243
_LAYOUT = "<4IBBhH"
_RTC_UP, _CRC, _DONE, _SIZE = 20, 22, 24, 27
_TASKS = 8
_SWITCHED_ON, _RESET = CAUSES.index("switched on"), CAUSES.index("reset")
_UNKNOWN = CAUSES.index("unknown")


class Breadcrumbs:
    """Reads what was left when made, then keeps this run's own.

    Attributes: `cause` of this boot as in flash.CAUSES; `away_ms` since the last sign of life,
    UNKNOWN_MS where nothing is left of it or 32 bits do not hold it; and of the last run, None
    without one: `last_boot_id`, `last_uptime_ms`, `last_end`, `last_errno`, and `last_stuck`, the
    watched task that did not come back if something hung.
    """

    def __init__(self, chip):
        self._chip = chip
        self._crumb = bytearray(_SIZE)
        self.cause = chip.cause
        self.away_ms = UNKNOWN_MS
        self.last_boot_id = self.last_uptime_ms = self.last_stuck = None
        self.last_end = self.last_errno = None
        self._read(bytes(chip.recall()))

    def _read(self, crumb):
        if len(crumb) != _SIZE or unpack_from("<H", crumb, _CRC)[0] != _crc(crumb):
            return
        magic, boot_id, uptime_ms, rtc_ms, end, watch, errno, up = unpack_from(_LAYOUT, crumb)
        if magic != _MAGIC:
            return
        self.last_boot_id, self.last_uptime_ms = boot_id, uptime_ms
        self.last_end, self.last_errno = end, errno
        if crumb[_DONE] ^ crumb[_DONE + 1] == 0xFF:
            self.last_stuck = _stuck(watch, crumb[_DONE], crumb[_DONE + 2])
        away_ms = self._chip.rtc_ms() - (up << 32 | rtc_ms)
        if 0 <= away_ms < UNKNOWN_MS:
            self.away_ms = away_ms
        if self.cause == _SWITCHED_ON:  # power was not gone for long: a brown-out, or the pin
            self.cause = _UNKNOWN

    def begin(self, boot_id):
        """Start this run's own crumb."""
        pack_into(_LAYOUT, self._crumb, 0, _MAGIC, boot_id, 0, 0, RUNNING, 0, 0, 0)
        self.alive(0)

    def watch(self, tasks):
        """Say which tasks must check in, a bit each."""
        self._crumb[17] = tasks
        self._seal()
        self.done(0, 0)

    def alive(self, uptime_ms):
        """A sign of life; no task has checked in since."""
        rtc_ms = self._chip.rtc_ms()
        pack_into("<II", self._crumb, 8, uptime_ms & 0xFFFFFFFF, rtc_ms & 0xFFFFFFFF)
        pack_into("<H", self._crumb, _RTC_UP, rtc_ms >> 32 & 0xFFFF)
        self._seal()
        self.done(0, self._crumb[_DONE + 2])

    def done(self, tasks, last):
        """Say which tasks have checked in since the last sign of life, and which did so last."""
        self._crumb[_DONE] = tasks & 0xFF
        self._crumb[_DONE + 1] = ~tasks & 0xFF
        self._crumb[_DONE + 2] = last
        self._chip.remember(self._crumb)

    def end(self, end, errno=0):
        """Say how this run ends, just before it does."""
        errno = errno if -32768 <= errno <= 32767 else 0
        self._crumb[16] = end
        pack_into("<h", self._crumb, 18, errno)
        self._seal()
        self._chip.remember(self._crumb)

    def _seal(self):
        pack_into("<H", self._crumb, _CRC, _crc(self._crumb))


def _stuck(watched, done, last):
    """Return the first that is missing; where none is, the turn after the last one's hung."""
    missing = watched & ~done
    turns = range(_TASKS) if missing else range(last + 1, last + 1 + _TASKS)
    for turn in turns:
        if (missing or watched) >> turn % _TASKS & 1:
            return turn % _TASKS
    return None


def _crc(crumb):
    return crc32(memoryview(crumb)[:_CRC]) & 0xFFFF
