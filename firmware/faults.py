"""What is wrong with the device, counted, told and kept: posturecore.faults has the codes.

A fault that stays is one record in ten minutes, not one in every step.
"""

from breadcrumbs import RAISED
from posturecore import faults
from posturecore.flash import CAUSES, FAULT

_AGAIN_MS = 600_000
_MOST = 65535
_LOWEST, _HIGHEST = -2147483648, 2147483647


class Faults:
    """`tell` and `log` take (frame, values); `uptime_ms` gives ms since boot as a u32."""

    def __init__(self, tell, log, uptime_ms):
        self.last = faults.NONE  # for the status frame
        self._tell = tell
        self._log = log
        self._uptime_ms = uptime_ms
        self._rows = {}  # code: [ms of the last record, ms, count, detail]

    def report(self, code, detail=0):
        """Something is wrong: count it, and tell and keep it if it is news."""
        now_ms = self._uptime_ms()
        detail = max(_LOWEST, min(_HIGHEST, detail))
        row = self._rows.get(code)
        is_news = row is None or (now_ms - row[0]) & 0xFFFFFFFF >= _AGAIN_MS
        if row is None:
            row = self._rows[code] = [now_ms, now_ms, 0, detail]
        row[1], row[2], row[3] = now_ms, min(_MOST, row[2] + 1), detail
        if code != faults.STRANGER:  # else any passer-by hides what is wrong
            self.last = code
        if is_news:
            row[0] = now_ms
            values = self._values(code)
            self._tell(FAULT, values)
            self._log(FAULT, values)

    def watch_strangers(self, count):
        """Report how many came and went without being trusted, if that is news."""
        row = self._rows.get(faults.STRANGER)
        if count != (row[3] if row else 0):
            self.report(faults.STRANGER, count)

    def count(self, code):
        """Return how often since boot."""
        row = self._rows.get(code)
        return row[2] if row else 0

    def tell_all(self):
        """Tell every fault since boot, for a host that has just come."""
        for code in sorted(self._rows):
            self._tell(FAULT, self._values(code))

    def _values(self, code):
        _, ms, count, detail = self._rows[code]
        return ms, code, count, detail


def errno_of(error):
    """Return an OSError's number, 0 for others: MicroPython gives every exception an errno."""
    return error.errno or 0 if isinstance(error, OSError) else 0


def report_start(kept, start, crumbs, is_damaged):
    """Report what the last run and the loader left to say; call it once, when the log is open.

    is_damaged: one of the device's documents could not be read.
    """
    if is_damaged:
        kept.report(faults.SETTINGS_DAMAGED)
    if start.was_undone:
        kept.report(faults.UPDATE_UNDONE)
    if start.is_safe:
        kept.report(faults.SAFE_MODE, start.failed)
    elif start.failed:
        kept.report(faults.START_FAILED, start.failed)
    if crumbs.last_end == RAISED:
        kept.report(faults.ERROR, crumbs.last_errno)
    elif crumbs.cause == CAUSES.index("watchdog") and crumbs.last_stuck is not None:
        kept.report(faults.TASK_STUCK, crumbs.last_stuck)
