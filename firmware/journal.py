"""What happened: told to every host and kept in the log."""

from posturecore.faults import FLASH_DAMAGED, FLASH_FAILED, LOG_FULL
from posturecore.flash import LEDGER, MINUTES
from posturecore.minutes import Minutes


class Journal:
    """Call `block` after each decision, `close` before sampling pauses, `tend` each step."""

    def __init__(self, log, hosts, decider, uptime, report):
        self._log = log
        self._hosts = hosts
        self._decider = decider
        self._uptime = uptime
        self._report = report
        self._minutes = Minutes(decider.rate_mhz)
        self._seen = (0, 0, 0)  # what the log could not do, as reported last

    def record(self, frame, values, items=()):
        """Tell the hosts and keep it."""
        self._hosts.tell(frame, values, items)
        self._log.append(frame, values, items)

    def block(self, at):
        """Count the block that has just been decided."""
        decider = self._decider
        minutes = self._minutes.block(at, self._uptime.ms, decider.flexion_cdeg, decider.context)
        if minutes is not None:
            self._keep(minutes)

    def close(self):
        """Keep what is still being counted, and bring all of it into flash."""
        self._keep(self._minutes.finish())
        self._log.sync()

    def tend(self):
        """Write what waits."""
        self._log.tend()
        self._watch_flash()

    def _keep(self, minutes):
        if minutes is not None:
            self._log.append(MINUTES, minutes[0], minutes[1])
        blocks = tuple([(count,) for count in self._decider.ledger])
        self._log.append(LEDGER, (self._decider.at, self._uptime.ms), blocks)

    def _watch_flash(self):
        log = self._log
        seen = (log.not_kept, log.failures, log.damaged_bytes)
        if seen == self._seen:
            return
        for code, detail, count, before in (
            (LOG_FULL, log.not_kept, seen[0], self._seen[0]),
            (FLASH_FAILED, log.errno, seen[1], self._seen[1]),
            (FLASH_DAMAGED, log.damaged_bytes, seen[2], self._seen[2]),
        ):
            if count != before:
                self._report(code, detail)
        # Reporting appends; what that could not do is no news.
        self._seen = (log.not_kept, log.failures, log.damaged_bytes)
