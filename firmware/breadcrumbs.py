"""What the last run leaves for the next one, in memory that a reset does not clear.

    0        4          8        12       16     17     18       20       22     23
    +--------+----------+--------+--------+------+------+--------+--------+------+-------+
    | magic  | boot_id  | uptime | rtc_ms | end  | 0    | errno  | crc    | done | ~done |
    +--------+----------+--------+--------+------+------+--------+--------+------+-------+
    little-endian; crc is the low half of the crc32 of what is before it

`done` changes many times a second and stands apart: nothing is computed or allocated for it.
"""

from binascii import crc32
from struct import pack_into, unpack_from

from posturecore.flash import CAUSES

UNKNOWN_MS = 4294967295
RUNNING, TOLD, RAISED = 0, 1, 2  # how a run ends: by no will of its own, as told, by an error
_MAGIC = 0x4D555243
_LAYOUT = "<4IBBh"
_CRC, _DONE, _SIZE = 20, 22, 24
_SWITCHED_ON, _RESET = CAUSES.index("switched on"), CAUSES.index("reset")
_UNKNOWN = CAUSES.index("unknown")


class Breadcrumbs:
    """Reads what was left when made, then keeps this run's own.

    Attributes: `cause` of this boot as in flash.CAUSES; `away_ms` since the last sign of life,
    UNKNOWN_MS where nothing is left of it; and of the last run, None without one: `last_boot_id`,
    `last_uptime_ms`, `last_done` (a bit for each task that had checked in), `last_end`,
    `last_errno`.
    """

    def __init__(self, chip):
        self._chip = chip
        self._crumb = bytearray(_SIZE)
        self.cause = chip.cause
        self.away_ms = UNKNOWN_MS
        self.last_boot_id = self.last_uptime_ms = self.last_done = None
        self.last_end = self.last_errno = None
        self._read(bytes(chip.recall()))

    def _read(self, crumb):
        if len(crumb) != _SIZE or unpack_from("<H", crumb, _CRC)[0] != _crc(crumb):
            return
        magic, boot_id, uptime_ms, rtc_ms, end, _, errno = unpack_from(_LAYOUT, crumb)
        if magic != _MAGIC:
            return
        self.last_boot_id, self.last_uptime_ms = boot_id, uptime_ms
        self.last_end, self.last_errno = end, errno
        if crumb[_DONE] ^ crumb[_DONE + 1] == 0xFF:
            self.last_done = crumb[_DONE]
        self.away_ms = (self._chip.rtc_ms() - rtc_ms) & 0xFFFFFFFF
        if self.cause == _SWITCHED_ON:  # power was not gone for long: a brown-out, or the pin
            self.cause = _UNKNOWN

    def begin(self, boot_id):
        """Start this run's own crumb."""
        pack_into(_LAYOUT, self._crumb, 0, _MAGIC, boot_id, 0, 0, RUNNING, 0, 0)
        self.alive(0)

    def alive(self, uptime_ms):
        """A sign of life; no task has checked in since."""
        pack_into("<II", self._crumb, 8, uptime_ms & 0xFFFFFFFF, self._chip.rtc_ms())
        self._seal()
        self.done(0)

    def done(self, tasks):
        """Say which tasks have checked in since the last sign of life, a bit each."""
        self._crumb[_DONE] = tasks & 0xFF
        self._crumb[_DONE + 1] = ~tasks & 0xFF
        self._chip.remember(self._crumb)

    def end(self, end, errno=0):
        """Say how this run ends, just before it does."""
        errno = errno if -32768 <= errno <= 32767 else 0
        pack_into("<BBh", self._crumb, 16, end, 0, errno)
        self._seal()
        self._chip.remember(self._crumb)

    def _seal(self):
        pack_into("<H", self._crumb, _CRC, _crc(self._crumb))


def _crc(crumb):
    return crc32(memoryview(crumb)[:_CRC]) & 0xFFFF
